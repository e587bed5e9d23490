// SPDX-License-Identifier: Apache-2.0

// Package reach says beforehand what a step can find: how much worse than stable
// a canary has to be to fail within it, and how long that takes.
//
// It works nothing out by itself. It makes intervals in which requests come and
// are bad exactly as often as is to be expected, and lets analysis.Judge judge
// them. Chance makes a real rollout sooner or later than that by turns.
//
// It is pure: it reads no clock, and the same question has the same answer.
package reach

import (
	"math"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// Load is what users send.
type Load struct {
	Rate   float64 `json:"rps"`             // requests a second to the Service
	Errors float64 `json:"stableErrorRate"` // the part of stable's that fails
}

// Step is a share of the requests, held for a time in which they count.
type Step struct {
	Share float64
	Time  time.Duration
}

// Ratios are what Found.After is about: how many times as often as stable's the
// canary's requests are bad.
var Ratios = []float64{2, 3, 10}

// Found is what one comparison can find in a step by itself.
type Found struct {
	Check    string  `json:"check"`
	Seconds  float64 `json:"seconds"`  // in which requests count
	Requests float64 `json:"requests"` // to the canary, in these
	// Smallest is how many times as often as stable's the canary's requests have
	// to be bad to fail it within the step; 0: not even if all are.
	Smallest float64 `json:"smallest,omitempty"`
	// After is how many seconds it takes to find each of Ratios, however long the
	// step is; 0: more than Longest, or there is no such ratio.
	After []float64 `json:"after"`
}

// Longest is how long a step is looked at.
const Longest = 24 * time.Hour

// Of says what each comparison of the policy can find in a step.
func Of(policy analysis.Policy, load Load, step Step) []Found {
	var all []Found
	acting := 0.0
	for _, check := range policy.Checks {
		if check.Kind != analysis.Threshold && !check.ReportOnly {
			acting++
		}
	}
	for _, check := range policy.Checks {
		q := question{check: check, alpha: policy.Alpha / max(acting, 1), tick: policy.Interval, load: load, share: step.Share}
		switch check.Kind {
		case analysis.Errors:
			q.bad = load.Errors
		case analysis.Latency:
			q.bad = 1 - check.Quantile
		case analysis.Threshold:
			continue
		}
		all = append(all, q.found(step.Time))
	}
	return all
}

// question is one comparison at one share.
type question struct {
	check      analysis.Check
	alpha      float64 // of this check
	tick       time.Duration
	load       Load
	share, bad float64 // the canary's share of the requests, the part of stable's that is bad
}

func (q question) found(within time.Duration) Found {
	f := Found{Check: q.check.Name, Seconds: within.Seconds(), Requests: math.Round(q.load.Rate * q.share * within.Seconds()), After: make([]float64, len(Ratios))}
	if q.tick <= 0 || !(q.bad > 0 && q.bad < 1) || q.share <= 0 || q.share >= 1 || q.load.Rate <= 0 {
		return f
	}
	for i, ratio := range Ratios {
		if ratio*q.bad <= 1 {
			f.After[i] = float64(q.needs(ratio)) * q.tick.Seconds()
		}
	}
	f.Smallest = q.smallest(int(within / q.tick))
	return f
}

// needs is in how many intervals a ratio is found; 0: in none up to Longest.
func (q question) needs(ratio float64) int {
	most := int(Longest / q.tick)
	row := q.row(ratio, most)
	upper := 1
	for upper < most && !q.fails(row[:upper]) {
		upper = min(2*upper, most)
	}
	// What failed stays failed, so that the first is found by halving.
	if !q.fails(row[:upper]) {
		return 0
	}
	lower := 0
	for upper-lower > 1 {
		if middle := (lower + upper) / 2; q.fails(row[:middle]) {
			upper = middle
		} else {
			lower = middle
		}
	}
	return upper
}

// finest is how many times the interval of ratios is halved.
const finest = 14

// smallest is the smallest ratio that is found in so many intervals, rounded up.
func (q question) smallest(intervals int) float64 {
	low, high := 0.0, math.Log(1/q.bad)
	if intervals < 1 || !q.fails(q.row(1/q.bad, intervals)) {
		return 0
	}
	for range finest {
		if middle := (low + high) / 2; q.fails(q.row(math.Exp(middle), intervals)) {
			high = middle
		} else {
			low = middle
		}
	}
	return min(1/q.bad, math.Ceil(10*math.Exp(high)-0.01)/10)
}

// row are intervals in which requests are bad as often as is to be expected.
func (q question) row(ratio float64, n int) []analysis.Interval {
	requests := q.load.Rate * q.tick.Seconds()
	canary, stable := requests*q.share, requests*(1-q.share)
	row := make([]analysis.Interval, n)
	for i := range row {
		row[i] = analysis.Interval{
			From: start.Add(time.Duration(i) * q.tick), To: start.Add(time.Duration(i+1) * q.tick),
			Canary: analysis.Counts{Bad: canary * min(1, q.bad*ratio), Total: canary},
			Stable: analysis.Counts{Bad: stable * q.bad, Total: stable},
		}
	}
	return row
}

// start is any time.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (q question) fails(row []analysis.Interval) bool {
	check := q.check
	check.ReportOnly = false
	policy := analysis.Policy{Alpha: q.alpha, Interval: q.tick, Checks: []analysis.Check{check}}
	v := analysis.Judge(policy, map[string]analysis.Samples{check.Name: {Intervals: row}}, row[len(row)-1].To)
	return v.Outcome == analysis.Failed
}
