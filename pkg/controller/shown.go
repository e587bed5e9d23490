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
		t.Checks = append(t.Checks, metrics.Check{Name: c.Name, Outcome: c.Outcome.String(), State: state(c.State), Ratio: failing(c), Value: value(c)})
	}
	return t
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

// state is the word for the state of a check's data.
func state(s analysis.State) string {
	if s == analysis.Usable {
		return "Usable"
	}
	return string(s)
}

// value is what was counted or read of the canary; nil: nothing yet.
func value(c analysis.CheckVerdict) *float64 {
	switch {
	case c.Comparison != nil && c.Comparison.Canary.Total > 0:
		return new(c.Comparison.Canary.Bad / c.Comparison.Canary.Total)
	case c.Readings != nil && c.Readings.Counted > 0:
		return &c.Readings.Value
	}
	return nil
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
