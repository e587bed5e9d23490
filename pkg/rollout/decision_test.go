// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/rollout"
)

func TestWeightsArePrintedInPercent(t *testing.T) {
	for weight, want := range map[rollout.Weight]string{0: "0%", 5: "0.5%", 50: "5%", 125: "12.5%", 1000: "100%"} {
		if got := weight.String(); got != want {
			t.Errorf("%d: got %s, want %s", int(weight), got, want)
		}
	}
}

func TestTheConditionFollowsThePhase(t *testing.T) {
	want := map[rollout.Phase]string{rollout.Idle: "True", rollout.RolledBack: "False", rollout.Progressing: "Unknown",
		rollout.Paused: "Unknown", rollout.Promoting: "Unknown", rollout.RollingBack: "Unknown"}
	for phase, status := range want {
		if got := (rollout.Decision{Phase: phase}).Promoted(); got != status {
			t.Errorf("%s: got %s, want %s", phase, got, status)
		}
	}
}

func TestAWaitIsNewsWhenItLasts(t *testing.T) {
	tests := map[string]struct {
		from    func() rollout.Snapshot
		waiting rollout.Waiting
		news    bool
		recheck time.Duration
	}{
		"a wait that begins is no news":        {promotion, rollout.Waiting{}, false, rollout.Patience},
		"one of three seconds is none either":  {promotion, rollout.Waiting{Reason: "Promoting", Since: epoch.Add(-3 * time.Second)}, false, 7 * time.Second},
		"one that lasts is":                    {promotion, rollout.Waiting{Reason: "Promoting", Since: epoch.Add(-rollout.Patience)}, true, 0},
		"a hold looks again at its end":        {holding, rollout.Waiting{}, false, 7 * time.Second},
		"a move is news at once":               {passed, rollout.Waiting{}, true, 0},
		"a move that came before is news, too": {full, rollout.Waiting{Reason: "AllStepsPassed", Since: epoch}, true, 0},
		"rest waits for changes only":          {rest, rollout.Waiting{}, true, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := test.from()
			s.Waiting = test.waiting
			d := rollout.Decide(s)
			if d.Announced(s) != test.news || d.Recheck != test.recheck {
				t.Errorf("%s: got news %t after %s, want %t after %s", d.Reason, d.Announced(s), d.Recheck, test.news, test.recheck)
			}
		})
	}
}

func TestWhatIsDecided(t *testing.T) {
	tests := map[string]struct {
		from func() rollout.Snapshot
		but  func(*rollout.Snapshot)
		want func(rollout.Snapshot) rollout.Decision
	}{
		"a step": {passed, nil, func(s rollout.Snapshot) rollout.Decision {
			d := rollout.Decision{Phase: rollout.Progressing, Reason: "StepPassed", Memo: s.Memo, Routes: rollout.Present, Weight: 500,
				Message: "from 25% to 50%, carried by 2 canary pods, held until 12:00:15 UTC"}
			d.Memo.Weight, d.Memo.Since = 500, epoch
			return d
		}},
		"a promotion": {full, nil, func(s rollout.Snapshot) rollout.Decision {
			d := rollout.Decision{Phase: rollout.Promoting, Reason: "AllStepsPassed", Memo: s.Memo, Target: rollout.Released,
				Message: "4 canary pods carried 100% and nothing failed: the Deployment is let go onto the same template"}
			d.Memo.Promoting, d.Memo.Since = true, epoch
			return d
		}},
		"an abort moves nothing yet": {holding, func(s *rollout.Snapshot) { s.Plan.Abort = true }, func(s rollout.Snapshot) rollout.Decision {
			d := rollout.Decision{Phase: rollout.RollingBack, Reason: "AbortRequested", Message: "a person asked for it", Warning: true, Memo: s.Memo, Consume: true}
			d.Memo.Ending, d.Memo.Reason, d.Memo.Message = rollout.Reject, "AbortRequested", "a person asked for it"
			return d
		}},
		"all traffic goes back in one write": {returning, nil, func(s rollout.Snapshot) rollout.Decision {
			return rollout.Decision{Phase: rollout.RollingBack, Reason: "RollingBack", Message: "all traffic goes to stable: a person asked for it", Memo: s.Memo, Routes: rollout.Present}
		}},
		"a canary that lost half steps back to what it carries": {full, func(s *rollout.Snapshot) { s.Canary.Available = 1 }, func(s rollout.Snapshot) rollout.Decision {
			d := rollout.Decision{Phase: rollout.Progressing, Reason: "CanaryLost", Warning: true, Memo: s.Memo, Routes: rollout.Present, Weight: 250,
				Message: "from 100% back to 25%, the most that 1 available canary pod can carry: 1 of 4 pods available"}
			d.Memo.Weight, d.Memo.Since = 250, epoch
			return d
		}},
		"weights that drifted are put right, and the step begins anew": {holding, func(s *rollout.Snapshot) { s.Routes.Weight = 50 }, func(s rollout.Snapshot) rollout.Decision {
			d := rollout.Decision{Phase: rollout.Progressing, Reason: "WeightNotApplied", Memo: s.Memo, Routes: rollout.Present, Weight: 250,
				Message: "routes give the canary 5% and should give it 25%"}
			d.Memo.Since = epoch
			return d
		}},
		"weights that a crash kept back follow the memo, which stays": {holding, func(s *rollout.Snapshot) { s.Routes.Weight, s.Memo.Since = 50, epoch.Add(-time.Second) }, func(s rollout.Snapshot) rollout.Decision {
			return rollout.Decision{Phase: rollout.Progressing, Reason: "WeightNotApplied", Memo: s.Memo, Routes: rollout.Present, Weight: 250,
				Message: "routes give the canary 5% and should give it 25%"}
		}},
		"a paused canary grows with its target": {holding, func(s *rollout.Snapshot) { s.Plan.Paused, s.Target.Replicas = true, 8 }, func(s rollout.Snapshot) rollout.Decision {
			return rollout.Decision{Phase: rollout.Paused, Reason: "PauseRequested", Memo: s.Memo, Canary: rollout.Present, CanaryPods: 2,
				Message: "a person holds the rollout; remove the annotation serin.dev/pause to go on"}
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := row{from: test.from, but: test.but}.snapshot()
			if diff := cmp.Diff(test.want(s), rollout.Decide(s)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecidingChangesNoSnapshot(t *testing.T) {
	for name, row := range rows() {
		s := row.snapshot()
		before := s
		before.Plan.Steps, before.Problems = slices.Clone(s.Plan.Steps), slices.Clone(s.Problems)
		rollout.Decide(s)
		if diff := cmp.Diff(before, s); diff != "" {
			t.Errorf("%s: the snapshot changed (-before +after):\n%s", name, diff)
		}
	}
}
