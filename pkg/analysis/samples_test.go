// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const tick = 10 * time.Second

// at is the end of the n-th interval, which is when it is looked at.
func at(n int) time.Time { return start.Add(time.Duration(n) * tick) }

// row is a row of intervals, each beginning where the last ended.
type row []analysis.Interval

// then appends n intervals with these counts.
func (r row) then(n int, canary, stable analysis.Counts) row {
	for range n {
		r = append(r, analysis.Interval{From: at(len(r)), To: at(len(r) + 1), Canary: canary, Stable: stable})
	}
	return r
}

// without appends n intervals without data.
func (r row) without(n int, state analysis.State, why string) row {
	for range n {
		r = append(r, analysis.Interval{From: at(len(r)), To: at(len(r) + 1), State: state, Why: why})
	}
	return r
}

// on gives the last n intervals stable's pods.
func (r row) on(n int, pods ...analysis.Counts) row {
	for i := len(r) - n; i < len(r); i++ {
		r[i].Pods = pods
	}
	return r
}

func of(bad, total float64) analysis.Counts { return analysis.Counts{Bad: bad, Total: total} }

// readings are taken one interval apart; a NaN stands for itself.
func readings(values ...float64) []analysis.Reading {
	var out []analysis.Reading
	for i, value := range values {
		out = append(out, analysis.Reading{At: at(i + 1), Value: value, Requests: 100})
	}
	return out
}

func least(x float64) analysis.Bound { return analysis.Bound{Min: &x} }

var errorsCheck = analysis.Check{Name: "errors", Kind: analysis.Errors, Margin: 1.5}

func comparing(checks ...analysis.Check) analysis.Policy {
	return analysis.Policy{Checks: checks, Alpha: 0.01, Interval: tick}
}
