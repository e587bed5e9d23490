// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

var states = []analysis.State{analysis.Usable, analysis.Usable, analysis.Usable, analysis.Unreachable, analysis.NoSeries, analysis.SeveralSeries,
	analysis.Stale, analysis.NotANumber, analysis.CounterReset, analysis.NoTraffic, analysis.TooFew, analysis.WarmingUp, "Nonsense"}

// source deals out a fuzzer's bytes; when they are used up, zeros.
type source struct{ data []byte }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

// float is mostly a number that could be a count, sometimes any number at all.
func (s *source) float() float64 {
	switch kind := s.byte(); {
	case kind < 200:
		return float64(kind) * math.Pow(10, float64(s.byte()%4))
	case kind < 230:
		return float64(s.byte()) / 7
	default:
		var bits [8]byte
		for i := range bits {
			bits[i] = s.byte()
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(bits[:]))
	}
}

func (s *source) counts() analysis.Counts {
	return analysis.Counts{Bad: s.float(), Total: s.float()}
}

func (s *source) samples() (out analysis.Samples) {
	for range s.byte() % 40 {
		n := len(out.Intervals)
		i := analysis.Interval{From: at(n), To: at(n + 1), State: states[int(s.byte())%len(states)], Canary: s.counts(), Stable: s.counts()}
		if s.byte() > 240 {
			i.From, i.To = start.Add(time.Duration(s.byte())*time.Second), time.Time{}
		}
		for range s.byte() % 4 {
			i.Pods = append(i.Pods, s.counts())
		}
		out.Intervals = append(out.Intervals, i)
		out.Readings = append(out.Readings, analysis.Reading{At: i.To, State: i.State, Value: s.float(), Requests: s.float()})
	}
	return out
}

func (s *source) policy() analysis.Policy {
	p := analysis.Policy{Alpha: s.float() / 1000, Interval: time.Duration(s.byte()%3) * tick, Required: s.byte()%2 == 0}
	for _, name := range []string{"a", "b", "a", "c"}[:s.byte()%5] {
		low := s.float()
		p.Checks = append(p.Checks, analysis.Check{Name: name, ReportOnly: s.byte() > 200, Margin: s.float(), Tolerance: s.float(), Quantile: s.float(),
			Kind:  []analysis.Kind{analysis.Errors, analysis.Latency, analysis.Threshold, "nonsense"}[s.byte()%4],
			Bound: analysis.Bound{Min: &low}, MinRequests: s.float(), Failures: int(s.byte()%4) - 1, Total: int(s.byte() % 4),
			Interval: time.Duration(s.byte()%3) * tick, InitialDelay: time.Duration(s.byte()%3) * tick})
	}
	return p
}

// holdsUp is what every verdict must be, whatever the samples are.
func holdsUp(t *testing.T, policy analysis.Policy, samples map[string]analysis.Samples, now time.Time) analysis.Verdict {
	t.Helper()
	v := analysis.Judge(policy, samples, now)
	first, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%+v cannot be written: %v", v, err)
	}
	if second, _ := json.Marshal(analysis.Judge(policy, samples, now)); !bytes.Equal(first, second) {
		t.Fatalf("two verdicts on the same samples:\n%s\n%s", first, second)
	}
	if v.Evidence == "" {
		t.Fatal("a verdict without evidence")
	}
	if v.NoData && v.Outcome != analysis.Inconclusive {
		t.Fatalf("%v for want of data", v.Outcome)
	}
	for _, check := range v.Checks {
		if check.State != analysis.Usable && check.Outcome != analysis.Inconclusive {
			t.Fatalf("%s is %v although %s", check.Name, check.Outcome, check.State)
		}
		if check.ReportOnly && len(v.Checks) == 1 && v.Outcome != analysis.Passed {
			t.Fatalf("a report-only check made it %v", v.Outcome)
		}
	}
	return v
}

func FuzzJudge(f *testing.F) {
	rnd := rand.New(rand.NewPCG(4, 4))
	for range 20 {
		f.Add(noise(rnd, 400))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{data}
		policy := s.policy()
		holdsUp(t, policy, map[string]analysis.Samples{"a": s.samples(), "b": s.samples()}, at(int(s.byte())))
	})
}

func noise(rnd *rand.Rand, n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(rnd.Uint32())
	}
	return data
}

func TestVerdictsHoldUpOnRandomSamples(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for range 3000 {
		s := &source{noise(rnd, 600)}
		policy := s.policy()
		holdsUp(t, policy, map[string]analysis.Samples{"a": s.samples(), "b": s.samples()}, at(int(s.byte()%40)))
	}
}

// Judging once at the end is judging after every sample: what failed at any
// time has failed for good.
func TestAFailureIsNeverUndone(t *testing.T) {
	rnd := rand.New(rand.NewPCG(6, 6))
	failures := 0
	for range 300 {
		s := &source{noise(rnd, 900)}
		policy, all := s.policy(), s.samples()
		failed := false
		for n := range all.Intervals {
			part := analysis.Samples{Intervals: all.Intervals[:n+1], Readings: all.Readings[:n+1]}
			v := holdsUp(t, policy, map[string]analysis.Samples{"a": part, "b": part}, at(n+1))
			if failed && v.Outcome != analysis.Failed {
				t.Fatalf("it had failed, and then: %s", v.Evidence)
			}
			failed = v.Outcome == analysis.Failed
		}
		if failed {
			failures++
		}
	}
	if failures < 30 {
		t.Errorf("only %d failed: the test shows little", failures)
	}
}

// Data that do not count change nothing but what is told of them.
func TestUnusableIntervalsNeverChangeWhatCounts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		var clean, dirty row
		for range 30 {
			stable, canary := of(float64(rnd.IntN(20)), 900), of(float64(rnd.IntN(8)), 100)
			if rnd.IntN(3) == 0 {
				dirty = dirty.without(1, states[3+rnd.IntN(len(states)-3)], "")
				dirty[len(dirty)-1].Canary = of(100, 100)
			}
			clean, dirty = clean.then(1, canary, stable), dirty.then(1, canary, stable)
		}
		judge := func(r row) analysis.Verdict {
			return analysis.Judge(comparing(errorsCheck), map[string]analysis.Samples{"errors": {Intervals: r}}, at(len(r)))
		}
		a, b := judge(clean), judge(dirty)
		if a.Outcome != b.Outcome || *a.Checks[0].Comparison != *b.Checks[0].Comparison {
			t.Fatalf("%s\n%s", a.Evidence, b.Evidence)
		}
	}
}

func TestSamplesAreNotChanged(t *testing.T) {
	r := row{}.then(5, of(1.5, 100), of(9, 900)).on(5, of(1, 450), of(8, 450))
	before := slices.Clone(r)
	analysis.Judge(comparing(errorsCheck), map[string]analysis.Samples{"errors": {Intervals: r}}, at(5))
	for i := range r {
		if !slices.Equal(r[i].Pods, before[i].Pods) || r[i].Canary != before[i].Canary {
			t.Error("they are")
		}
	}
}
