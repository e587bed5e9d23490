// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/metrics"
	"github.com/serin-dev/serin/pkg/rollout"
)

func TestWhatMetricsTell(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	memo := rollout.Memo{Started: now.Add(-time.Minute), Mode: rollout.Istio, Weight: 250}
	snapshot := rollout.Snapshot{
		Now: now, Stable: rollout.Revision{Hash: "one", Available: 4}, Canary: rollout.Canary{Available: 1}, Routes: rollout.Routes{Weight: 200},
		Plan:    rollout.Plan{Steps: []rollout.Step{{Weight: 50}, {Weight: 250}, {Weight: 1000}}},
		Waiting: rollout.Waiting{Reason: "Holding", Since: now.Add(-time.Second)},
		Verdict: analysis.Verdict{Checks: []analysis.CheckVerdict{
			{Name: "errors", Outcome: analysis.Passed, Comparison: &analysis.Comparison{EValue: 10, Needed: 100, Canary: analysis.Counts{Bad: 3, Total: 60}}},
			{Name: "latency", Outcome: analysis.Failed, Comparison: &analysis.Comparison{EValue: 1000, Needed: 100}},
			{Name: "queue", Outcome: analysis.Inconclusive, State: analysis.Stale, Readings: &analysis.Readings{Counted: 4, Bad: 1, Value: 7, Bound: analysis.Bound{Min: new(1.0), Max: new(9.0)}}},
			{Name: "young", Outcome: analysis.Inconclusive, State: analysis.NotMeasured},
		}},
	}
	for name, test := range map[string]struct {
		change func(*rollout.Snapshot, *rollout.Decision)
		want   metrics.Target
	}{
		"holding": {
			func(*rollout.Snapshot, *rollout.Decision) {},
			metrics.Target{
				Phase: "Progressing", Reason: "Holding", Since: now.Add(-time.Second), Stable: 4, Canary: 1, UnderWay: true,
				Step: 2, Steps: 3, Wanted: 0.25, Observed: 0.2, HoldUntil: now.Add(time.Minute),
				Checks: []metrics.Check{
					{Name: "errors", Outcome: "passed", Ratio: 0.5, Value: new(10.0), Limits: []metrics.Limit{{Bound: "max", At: 100}}},
					{Name: "latency", Outcome: "failed", Ratio: 1, Value: new(1000.0), Limits: []metrics.Limit{{Bound: "max", At: 100}}},
					{Name: "queue", Outcome: "inconclusive", Ratio: 0.25, State: "Stale", Value: new(7.0), Limits: []metrics.Limit{{Bound: "min", At: 1}, {Bound: "max", At: 9}}},
					{Name: "young", Outcome: "inconclusive", State: "NotMeasured"},
				},
			},
		},
		"by the ratio of pods, promoting, without checks": {
			func(s *rollout.Snapshot, d *rollout.Decision) {
				s.Verdict, s.Stable.Available, s.Wanted = analysis.Verdict{}, 1, rollout.Revision{Hash: "two", Available: 2}
				d.Phase, d.Reason, d.Memo.Mode = rollout.Promoting, "Promoting", rollout.Replicas
			},
			metrics.Target{Phase: "Promoting", Reason: "Promoting", Since: now, Stable: 3, Canary: 1, UnderWay: true, Step: 2, Steps: 3, Wanted: 0.25, Observed: 0.25},
		},
		"baking": {
			func(s *rollout.Snapshot, d *rollout.Decision) {
				s.Verdict, s.Plan.Bake = analysis.Verdict{}, 10*time.Minute
				d.Reason, d.Memo.Weight, d.Memo.Bake, d.Recheck = "Baking", rollout.Full, now.Add(-time.Minute), time.Second
			},
			metrics.Target{Phase: "Progressing", Reason: "Baking", Since: now, Stable: 4, Canary: 1, UnderWay: true, Step: 3, Steps: 3, Wanted: 1, Observed: 0.2, HoldUntil: now.Add(9 * time.Minute)},
		},
		"at rest": {
			func(_ *rollout.Snapshot, d *rollout.Decision) {
				d.Phase, d.Reason, d.Memo = rollout.Idle, "UpToDate", rollout.Memo{Stable: "one"}
			},
			metrics.Target{Phase: "Idle", Reason: "UpToDate", Since: now, Stable: 4, Canary: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := snapshot, rollout.Decision{Phase: rollout.Progressing, Reason: "Holding", Memo: memo, Recheck: time.Minute}
			test.change(&s, &d)
			if diff := cmp.Diff(test.want, shown(s, d), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
