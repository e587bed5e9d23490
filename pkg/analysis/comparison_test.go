// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"math"
	"strings"
	"testing"

	"github.com/serin-dev/serin/pkg/analysis"
)

func TestComparison(t *testing.T) {
	good, bad := of(1, 100), of(30, 100)
	quiet := of(0, 0)
	tests := map[string]struct {
		row     row
		outcome analysis.Outcome
		noData  bool
		words   []string
	}{
		"nothing was measured yet":            {nil, analysis.Inconclusive, true, []string{"NotMeasured"}},
		"both are alike":                      {row{}.then(10, good, of(9, 900)), analysis.Passed, false, []string{"10 of 1000 requests (1 %) to the canary failed", "90 of 9000 requests (1 %) to stable", "1.5 times stable's odds allowed"}},
		"nothing is bad anywhere":             {row{}.then(10, of(0, 100), of(0, 900)), analysis.Passed, false, []string{"0 of 1000"}},
		"the canary is thirty times as bad":   {row{}.then(3, bad, of(9, 900)), analysis.Failed, false, []string{"90 of 300 requests (30 %)", "of the 100 that fail it"}},
		"one interval alone does not convict": {row{}.then(1, of(80, 100), of(9, 900)), analysis.Passed, false, nil},
		"both are bad in an incident":         {row{}.then(5, good, of(9, 900)).then(20, of(80, 100), of(720, 900)), analysis.Passed, false, nil},
		"everything is bad in both":           {row{}.then(20, of(100, 100), of(900, 900)), analysis.Passed, false, nil},
		"a failure stays": {row{}.then(5, bad, of(9, 900)).then(40, good, of(9, 900)),
			analysis.Failed, false, nil},
		"a failure stays without data": {row{}.then(5, bad, of(9, 900)).without(5, analysis.Unreachable, ""), analysis.Failed, false, nil},
		"the source is unreachable now": {row{}.then(10, good, of(9, 900)).without(1, analysis.Unreachable, "connection refused"),
			analysis.Inconclusive, true, []string{"Unreachable (connection refused)"}},
		"the source was unreachable before":  {row{}.without(10, analysis.Unreachable, "").then(1, good, of(9, 900)), analysis.Passed, false, nil},
		"no traffic yet":                     {row{}.without(5, analysis.NoTraffic, "no requests"), analysis.Inconclusive, true, []string{"NoTraffic"}},
		"no traffic, told by counts":         {row{}.then(5, quiet, of(9, 900)), analysis.Inconclusive, true, []string{"NoTraffic"}},
		"no traffic any more":                {row{}.then(5, good, of(9, 900)).then(7, quiet, of(9, 900)), analysis.Inconclusive, true, []string{"NoTraffic"}},
		"few requests, some without any":     {row{}.then(5, of(0, 1), of(0, 30)).then(4, quiet, of(0, 30)), analysis.Passed, false, nil},
		"few requests, marked so":            {row{}.then(5, of(0, 1), of(0, 30)).without(4, analysis.NoTraffic, ""), analysis.Passed, false, nil},
		"warming up":                         {row{}.without(3, analysis.WarmingUp, "youngest pod is 8 s old"), analysis.Inconclusive, true, []string{"WarmingUp"}},
		"warm-up does not count":             {row{}.without(3, analysis.WarmingUp, "").then(5, good, of(9, 900)), analysis.Passed, false, nil},
		"a counter was reset":                {row{}.then(5, good, of(9, 900)).without(1, analysis.CounterReset, ""), analysis.Inconclusive, true, []string{"CounterReset"}},
		"counts that are no counts":          {row{}.then(5, of(-1, 100), of(9, 900)), analysis.Inconclusive, true, []string{"NotANumber"}},
		"the canary has all, never compared": {row{}.then(5, good, quiet), analysis.Inconclusive, true, []string{"NoTraffic", "stable"}},
		"the canary has all, after it had some": {row{}.then(10, good, of(9, 900)).then(5, of(9, 1000), quiet),
			analysis.Passed, false, []string{"nothing new is compared"}},
		"a hard break, in one interval": {row{}.then(3, good, of(9, 900)).then(1, of(50, 50), of(4, 450)), analysis.Failed, false, []string{"nearly all", "50 of 50"}},
		"a hard break of two requests":  {row{}.then(1, of(2, 2), of(0, 1000)), analysis.Passed, false, nil},
		"a hard break of all, with no one else": {row{}.then(9, good, of(9, 900)).then(9, of(999, 1000), quiet),
			analysis.Inconclusive, false, []string{"nobody can tell"}},
		"a hard break of all that is over": {row{}.then(9, good, of(9, 900)).then(9, of(999, 1000), quiet).then(1, of(9, 1000), quiet),
			analysis.Passed, false, nil},
		"an incident in which all fail": {row{}.then(3, of(50, 100), of(450, 900)).then(9, of(999, 1000), quiet),
			analysis.Inconclusive, false, nil},
		"bursts weaken": {row{}.then(6, good, of(40, 900)).on(6, of(40, 300), of(0, 300), of(0, 300)).then(2, of(12, 100), of(9, 900)),
			analysis.Passed, false, []string{"stable's pods differ 41.9 times"}},
		"fractions add up to whole failures": {row{}.then(40, of(1.5, 20.5), of(0.5, 500.25)), analysis.Failed, false, []string{"60 of 820 requests"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := analysis.Judge(comparing(errorsCheck), map[string]analysis.Samples{"errors": {Query: "q", Intervals: test.row}}, at(len(test.row)))
			if v.Outcome != test.outcome || v.NoData != test.noData {
				t.Errorf("%v, no data %v: %s", v.Outcome, v.NoData, v.Evidence)
			}
			for _, word := range test.words {
				if !strings.Contains(v.Evidence, word) {
					t.Errorf("%q is not in %q", word, v.Evidence)
				}
			}
		})
	}
}

// Requests that found no endpoint are bad, and the evidence says where they come from.
func TestComparisonTellsOfRequestsThatFoundNoEndpoint(t *testing.T) {
	r := row{}.then(3, of(63, 63), of(188, 938))
	for i := range r {
		r[i].Unserved = 251
	}
	v := analysis.Judge(comparing(errorsCheck), map[string]analysis.Samples{"errors": {Intervals: r}}, at(len(r)))
	if v.Outcome != analysis.Failed || !strings.Contains(v.Evidence, "189 of 189 requests (100 %) to the canary failed, 564 of 2814") ||
		!strings.Contains(v.Evidence, "753 of these requests found no endpoint, as their clients report") {
		t.Errorf("%v: %s", v.Outcome, v.Evidence)
	}
}

func TestComparisonOfLatencySpeaksOfSlowness(t *testing.T) {
	check := analysis.Check{Name: "slow", Kind: analysis.Latency, Quantile: 0.99, Margin: 2}
	v := analysis.Judge(comparing(check), map[string]analysis.Samples{"slow": {Intervals: row{}.then(4, of(20, 100), of(9, 900))}}, at(4))
	if v.Outcome != analysis.Failed || !strings.Contains(v.Evidence, "to the canary were slower than stable's p99") {
		t.Errorf("%v: %s", v.Outcome, v.Evidence)
	}
}

// A shift of the whole: half of stable's requests are slower than its median.
func TestComparisonSeesAShiftOfTheMedian(t *testing.T) {
	check := analysis.Check{Name: "slow", Kind: analysis.Latency, Quantile: 0.5, Margin: 1.5}
	v := analysis.Judge(comparing(check), map[string]analysis.Samples{"slow": {Intervals: row{}.then(3, of(80, 100), of(450, 900))}}, at(3))
	if v.Outcome != analysis.Failed {
		t.Errorf("%v: %s", v.Outcome, v.Evidence)
	}
}

func TestWhatIsExcludedIsListed(t *testing.T) {
	r := row{}.without(2, analysis.WarmingUp, "young").then(3, of(1, 100), of(9, 900)).without(1, analysis.CounterReset, "a pod restarted")
	r = append(r, analysis.Interval{From: at(4), To: at(7), Canary: of(50, 50), Stable: of(0, 900)})
	v := analysis.Judge(comparing(errorsCheck), map[string]analysis.Samples{"errors": {Intervals: r}}, at(7))
	want := []analysis.Exclusion{
		{State: analysis.WarmingUp, Why: "young", Times: 2, First: at(1), Last: at(2)},
		{State: analysis.CounterReset, Why: "a pod restarted", Times: 1, First: at(6), Last: at(6)},
		{State: analysis.Overlapping, Why: "it begins at 12:00:40 UTC, before the end of the last one that counted", Times: 1, First: at(7), Last: at(7)},
	}
	got := v.Checks[0].Excluded
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

func TestStaleData(t *testing.T) {
	samples := map[string]analysis.Samples{"errors": {Intervals: row{}.then(5, of(1, 100), of(9, 900))}}
	if v := analysis.Judge(comparing(errorsCheck), samples, at(11)); v.Outcome != analysis.Passed {
		t.Errorf("a minute later: %s", v.Evidence)
	}
	if v := analysis.Judge(comparing(errorsCheck), samples, at(12)); v.Outcome != analysis.Inconclusive || v.Checks[0].State != analysis.Stale || !v.NoData {
		t.Errorf("more than a minute later: %s", v.Evidence)
	}
}

// Counters go on while the source is away: what came is counted when it is back.
func TestAnIntervalMayMakeUpForOneWithoutData(t *testing.T) {
	r := row{}.then(2, of(1, 100), of(9, 900)).without(2, analysis.Unreachable, "")
	r = append(r, analysis.Interval{From: at(2), To: at(5), Canary: of(3, 300), Stable: of(27, 2700)})
	v := analysis.Judge(comparing(errorsCheck), map[string]analysis.Samples{"errors": {Intervals: r}}, at(5))
	if v.Outcome != analysis.Passed || v.Checks[0].Comparison.Canary != of(5, 500) {
		t.Errorf("%v: %s", v.Outcome, v.Evidence)
	}
}

func TestARequiredProof(t *testing.T) {
	policy := comparing(errorsCheck)
	policy.Required = true
	judge := func(r row) analysis.Verdict {
		return analysis.Judge(policy, map[string]analysis.Samples{"errors": {Intervals: r}}, at(len(r)))
	}
	v := judge(row{}.then(5, of(3, 1000), of(3, 1000)))
	proof := v.Checks[0].Comparison.Proof
	if v.Outcome != analysis.Inconclusive || v.NoData || proof.Proven || proof.MoreRequests < 1000 || proof.Minutes < 1 {
		t.Fatalf("%s, %+v", v.Evidence, proof)
	}
	if !strings.Contains(v.Evidence, "more requests to it, ") {
		t.Errorf("%s", v.Evidence)
	}
	more := 5 + int(proof.Minutes*60/tick.Seconds())
	if v := judge(row{}.then(more, of(3, 1000), of(3, 1000))); v.Outcome != analysis.Passed {
		t.Errorf("after the %v minutes that were foretold: %s", proof.Minutes, v.Evidence)
	}
	if v := judge(row{}.then(200, of(9, 2000), of(4, 2000))); v.Outcome == analysis.Passed {
		t.Errorf("a canary at twice stable's rate was proven: %s", v.Evidence)
	}
	if v := judge(row{}.then(50, of(0, 1000), of(0, 1000))); v.Outcome != analysis.Inconclusive || !strings.Contains(v.Evidence, "nothing to prove a ratio by") {
		t.Errorf("%s", v.Evidence)
	}
}

// Where nothing is bad no ratio can be proved; that hardly anything is can be.
func TestARequiredProofWhereHardlyAnythingIsBad(t *testing.T) {
	check := errorsCheck
	check.Tolerance = 0.001
	policy := comparing(check)
	policy.Required = true
	judge := func(r row) (analysis.Verdict, *analysis.Proof) {
		v := analysis.Judge(policy, map[string]analysis.Samples{"errors": {Intervals: r}}, at(len(r)))
		return v, v.Checks[0].Comparison.Proof
	}
	v, proof := judge(row{}.then(3, of(0, 200), of(0, 1000)))
	if v.Outcome != analysis.Inconclusive || v.NoData || proof.Proven || proof.MoreRequests < 4600 || proof.MoreRequests > 8000 ||
		!strings.Contains(v.Evidence, "proof that it is not worse, or that less than 0.1 % of its requests are bad, takes about") || !strings.Contains(v.Evidence, "minutes at today's rate") {
		t.Errorf("%s, %+v", v.Evidence, proof)
	}
	enough := 3 + int(math.Ceil(proof.MoreRequests/200))
	if v, proof := judge(row{}.then(enough-1, of(0, 200), of(0, 1000))); v.Outcome != analysis.Inconclusive {
		t.Errorf("before the requests that were foretold: %s, %+v", v.Evidence, proof)
	}
	if v, proof := judge(row{}.then(enough, of(0, 200), of(0, 1000))); v.Outcome != analysis.Passed || !proof.Proven {
		t.Errorf("after the requests that were foretold: %s, %+v", v.Evidence, proof)
	}
	if v, _ := judge(row{}.then(enough, of(0, 200), of(0, 0)).then(1, of(0, 200), of(0, 1))); v.Outcome != analysis.Passed {
		t.Errorf("where stable had hardly any requests: %s", v.Evidence)
	}
	if v, proof := judge(row{}.then(300, of(1, 1000), of(0, 1000))); v.Outcome == analysis.Passed || proof.Proven {
		t.Errorf("a canary at the tolerance was proven: %s", v.Evidence)
	}
	if v, _ := judge(row{}.then(2*enough, of(0, 200), of(0, 1000)).then(1, of(20, 200), of(0, 1000))); v.Outcome == analysis.Passed {
		t.Errorf("a canary that turned bad is still proven: %s", v.Evidence)
	}
	policy.Checks[0].Margin = 1
	if v, proof := judge(row{}.then(3, of(4, 200), of(20, 1000))); proof.Proven || !strings.Contains(v.Evidence, "not in sight") {
		t.Errorf("where neither way leads to a proof: %s, %+v", v.Evidence, proof)
	}
}

func TestAlphaIsSharedByTheComparisonsThatAct(t *testing.T) {
	slow := analysis.Check{Name: "slow", Kind: analysis.Latency, Quantile: 0.99}
	told := analysis.Check{Name: "told", Kind: analysis.Errors, ReportOnly: true}
	r := analysis.Samples{Intervals: row{}.then(1, of(1, 100), of(1, 100))}
	v := analysis.Judge(comparing(errorsCheck, slow, told), map[string]analysis.Samples{"errors": r, "slow": r, "told": r}, at(1))
	for _, check := range v.Checks {
		if check.Comparison.Needed != 200 {
			t.Errorf("%s needs %v", check.Name, check.Comparison.Needed)
		}
	}
}
