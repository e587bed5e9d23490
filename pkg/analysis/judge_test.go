// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/serin-dev/serin/pkg/analysis"
)

func TestTheZeroVerdictIsInconclusive(t *testing.T) {
	if (analysis.Verdict{}).Outcome != analysis.Inconclusive {
		t.Error("it is not")
	}
}

func TestAPolicyWithoutChecksPasses(t *testing.T) {
	if got := analysis.Judge(analysis.Policy{}, nil, start); !reflect.DeepEqual(got, analysis.NoChecks()) {
		t.Errorf("got %+v", got)
	}
}

func TestSeveralChecks(t *testing.T) {
	rate := analysis.Check{Name: "rate", Kind: analysis.Threshold, Bound: least(99), Failures: 1, Interval: tick}
	good := analysis.Samples{Intervals: row{}.then(5, of(1, 100), of(9, 900))}
	bad := analysis.Samples{Intervals: row{}.then(5, of(50, 100), of(9, 900))}
	gone := analysis.Samples{Intervals: row{}.then(4, of(1, 100), of(9, 900)).without(1, analysis.Unreachable, "")}
	high, low := analysis.Samples{Readings: readings(100, 100, 100, 100, 100)}, analysis.Samples{Readings: readings(100, 100, 100, 100, 90)}
	told := func(c analysis.Check) analysis.Check { c.ReportOnly = true; return c }
	required := comparing(errorsCheck, rate)
	required.Required = true
	tests := map[string]struct {
		policy       analysis.Policy
		errors, rate analysis.Samples
		outcome      analysis.Outcome
		noData       bool
		words        string
	}{
		"all pass":                             {comparing(errorsCheck, rate), good, high, analysis.Passed, false, "errors: 5 of 500 requests"},
		"one fails":                            {comparing(errorsCheck, rate), good, low, analysis.Failed, false, "rate: 90"},
		"one fails and one lacks data":         {comparing(errorsCheck, rate), gone, low, analysis.Failed, false, "rate: 90"},
		"both fail":                            {comparing(errorsCheck, rate), bad, low, analysis.Failed, false, "; rate: 90"},
		"one lacks data":                       {comparing(errorsCheck, rate), gone, high, analysis.Inconclusive, true, "errors: Unreachable"},
		"one lacks data and one lacks a proof": {required, good, analysis.Samples{}, analysis.Inconclusive, false, "proof"},
		"report-only never fails":              {comparing(told(errorsCheck), rate), bad, high, analysis.Passed, false, "reported only: errors: 250 of 500"},
		"report-only never waits":              {comparing(told(errorsCheck), rate), gone, high, analysis.Passed, false, "rate: 100"},
		"all only report":                      {comparing(told(errorsCheck), told(rate)), bad, low, analysis.Passed, false, "all checks only report; reported only: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := analysis.Judge(test.policy, map[string]analysis.Samples{"errors": test.errors, "rate": test.rate}, at(5))
			if v.Outcome != test.outcome || v.NoData != test.noData || !strings.Contains(v.Evidence, test.words) {
				t.Errorf("%v, no data %v: %s", v.Outcome, v.NoData, v.Evidence)
			}
		})
	}
}

func TestAVerdictIsARecord(t *testing.T) {
	policy := comparing(errorsCheck, analysis.Check{Name: "rate", Kind: analysis.Threshold, Query: "up", Bound: least(99), Failures: 3})
	policy.Required = true
	samples := map[string]analysis.Samples{
		"errors": {Query: "sum(x)", Intervals: row{}.without(2, analysis.WarmingUp, "young").then(5, of(50, 100), of(9, 900))},
		"rate":   {Readings: readings(90, 100)},
	}
	v := analysis.Judge(policy, samples, at(7))
	first, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := json.Marshal(analysis.Judge(policy, samples, at(7)))
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("%s\nthen %s, %v", first, again, err)
		}
	}
	var read analysis.Verdict
	if err := json.Unmarshal(first, &read); err != nil || !reflect.DeepEqual(read, v) {
		t.Errorf("%+v\nwas read as %+v, %v", v, read, err)
	}
	for _, word := range []string{`"outcome":"failed"`, `"query":"sum(x)"`, `"query":"up"`, `"state":"WarmingUp"`, `"needed":100`} {
		if !strings.Contains(string(first), word) {
			t.Errorf("%s is not in %s", word, first)
		}
	}
}

func TestOutcomesAreWords(t *testing.T) {
	var o analysis.Outcome
	if err := o.UnmarshalText([]byte("splendid")); err == nil {
		t.Error("splendid is not an outcome")
	}
	if got := analysis.Outcome(7).String(); got != "outcome 7" {
		t.Errorf("got %s", got)
	}
}

func BenchmarkJudge(b *testing.B) {
	pods := []analysis.Counts{of(1, 180), of(2, 180), of(1, 180), of(3, 180), of(2, 180)}
	for name, r := range map[string]row{
		"240 intervals":            row{}.then(240, of(1, 100), of(9, 900)).on(240, pods...),
		"240 of a million":         row{}.then(240, of(3000, 1e6), of(3000, 1e6)),
		"240 of the median":        row{}.then(240, of(2500, 5000), of(2500, 5000)),
		"2400 intervals":           row{}.then(2400, of(1, 100), of(9, 900)),
		"240 in an incident":       row{}.then(240, of(800, 1000), of(7200, 9000)),
		"240, proof of the median": row{}.then(240, of(2500, 5000), of(2500, 5000)),
	} {
		b.Run(name, func(b *testing.B) {
			policy := comparing(errorsCheck)
			policy.Required = strings.Contains(name, "proof")
			samples := map[string]analysis.Samples{"errors": {Intervals: r}}
			b.ReportAllocs()
			for b.Loop() {
				analysis.Judge(policy, samples, at(len(r)))
			}
		})
	}
}
