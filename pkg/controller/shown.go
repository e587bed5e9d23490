// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"math"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/metrics"
	"github.com/serin-dev/serin/pkg/rollout"
)

// shown is what metrics tell of a target after a pass.
func shown(s rollout.Snapshot, d rollout.Decision) metrics.Target {
	t := metrics.Target{
		Phase: string(d.Phase), Reason: string(d.Reason), Since: s.Now,
		Stable: own(s), Canary: s.Canary.Available, UnderWay: !d.Memo.Started.IsZero(),
	}
	if s.Waiting.Reason == d.Reason {
		t.Since = s.Waiting.Since
	}
	if !t.UnderWay {
		return t
	}
	t.Steps, t.Wanted = len(s.Plan.Steps), float64(d.Memo.Weight)/float64(rollout.Full)
	for i, step := range s.Plan.Steps {
		if step.Weight <= d.Memo.Weight {
			t.Step = i + 1
		}
	}
	if d.Memo.Mode == rollout.Istio {
		t.Observed = float64(s.Routes.Weight) / float64(rollout.Full)
	} else if all := t.Stable + t.Canary; all > 0 {
		t.Observed = float64(t.Canary) / float64(all)
	}
	if d.Reason == "Holding" {
		t.HoldUntil = s.Now.Add(d.Recheck)
	}
	if d.Reason == "Baking" {
		t.HoldUntil = rollout.BakesUntil(s.Plan, d.Memo)
	}
	for _, c := range s.Verdict.Checks {
		t.Checks = append(t.Checks, check(c))
	}
	return t
}

// check is what metrics tell of one check.
func check(c analysis.CheckVerdict) metrics.Check {
	told := metrics.Check{Name: c.Name, Outcome: c.Outcome.String(), Ratio: failing(c), State: string(c.State)}
	limit := func(bound string, at *float64) {
		if at != nil {
			told.Limits = append(told.Limits, metrics.Limit{Bound: bound, At: *at})
		}
	}
	switch {
	case c.Comparison != nil:
		told.Value = &c.Comparison.EValue
		limit("max", &c.Comparison.Needed)
	case c.Readings != nil:
		told.Value = &c.Readings.Value
		limit("min", c.Readings.Bound.Min)
		limit("max", c.Readings.Bound.Max)
	}
	return told
}

// own counts the target's available pods: what is stable, and after the
// promotion what was judged, also when the canary that tells it by has gone.
func own(s rollout.Snapshot) int {
	n := s.Stable.Available
	if s.Wanted.Hash != s.Stable.Hash {
		n += s.Wanted.Available
	}
	return n
}

// failing is how far a check is from failing, from 0 to 1. Evidence multiplies,
// so that half of the way is the root of what is needed.
func failing(c analysis.CheckVerdict) float64 {
	ratio := 0.0
	switch {
	case c.Outcome == analysis.Failed:
		ratio = 1
	case c.Comparison != nil && c.Comparison.Needed > 1 && c.Comparison.EValue > 1:
		ratio = math.Log(c.Comparison.EValue) / math.Log(c.Comparison.Needed)
	case c.Readings != nil && c.Readings.Counted > 0:
		ratio = float64(c.Readings.Bad) / float64(c.Readings.Counted)
	}
	return min(max(ratio, 0), 1)
}
