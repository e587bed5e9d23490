// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"maps"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

// row is a snapshot, one thing that is different in it, and what is decided.
type row struct {
	from   func() rollout.Snapshot
	but    func(*rollout.Snapshot)
	reason rollout.Reason
	phase  rollout.Phase
}

func (r row) snapshot() rollout.Snapshot {
	s := r.from()
	if r.but != nil {
		r.but(&s)
	}
	return s
}

func rows() map[string]row {
	all := map[string]row{}
	for _, table := range []map[string]row{leavingRows, restingRows, returningRows, promotingRows, refusingRows, gateRows, progressingRows, ratioRows, bakeRows} {
		maps.Copy(all, table)
	}
	return all
}

func TestRules(t *testing.T) {
	for name, row := range rows() {
		t.Run(name, func(t *testing.T) {
			s := row.snapshot()
			d := rollout.Decide(s)
			if d.Reason != row.reason || d.Phase != row.phase {
				t.Errorf("got %s %s, want %s %s\n%+v", d.Phase, d.Reason, row.phase, row.reason, d)
			}
			if broken := broken(s, d); len(broken) > 0 {
				t.Error(broken)
			}
			if d.Message == "" && d.Reason != "NotOptedIn" {
				t.Error("no message")
			}
		})
	}
}

func TestEveryRuleDecidesSomewhere(t *testing.T) {
	decided := map[int]bool{}
	for _, row := range rows() {
		decided[rollout.Deciding(row.snapshot())] = true
	}
	for _, journey := range journeys() {
		maps.Copy(decided, journey.run(t, nil).decided)
	}
	for i := range rollout.RuleCount() {
		if !decided[i] {
			t.Errorf("rule %d, %s, decides in no table row and no transcript", i+1, rollout.RuleReason(i))
		}
	}
}

var leavingRows = map[string]row{
	"a Deployment that goes gives its routes back": {holding, func(s *rollout.Snapshot) { s.Target.Gone = true }, "TargetDeleted", rollout.Idle},
	"deletion outranks the opt-out":                {holding, func(s *rollout.Snapshot) { s.Target.Gone, s.Target.OptedIn = true, false }, "TargetDeleted", rollout.Idle},
	"an opt-out rolls back first":                  {holding, func(s *rollout.Snapshot) { s.Target.OptedIn = false }, "OptedOut", rollout.RollingBack},
	"an opt-out outranks an abort":                 {holding, func(s *rollout.Snapshot) { s.Target.OptedIn, s.Plan.Abort = false, true }, "OptedOut", rollout.RollingBack},
	"an opt-out outranks a failure":                {holding, func(s *rollout.Snapshot) { s.Target.OptedIn = false; crash(s) }, "OptedOut", rollout.RollingBack},
	"an opt-out outranks problems":                 {holding, func(s *rollout.Snapshot) { s.Target.OptedIn, s.Problems = false, problem() }, "OptedOut", rollout.RollingBack},
	"an opt-out does not stop a promotion":         {promotion, func(s *rollout.Snapshot) { s.Target.OptedIn = false }, "Promoting", rollout.Promoting},
	"a stranger is left alone":                     {rest, func(s *rollout.Snapshot) { s.Target.OptedIn = false; s.Memo = rollout.Memo{} }, "NotOptedIn", rollout.Idle},
	"an opt-out that went back lets go": {returned, func(s *rollout.Snapshot) {
		s.Target.OptedIn, s.Memo.Ending, s.Routes, s.Canary = false, rollout.LetGo, rollout.Routes{}, rollout.Canary{}
	}, "OptedOut", rollout.Idle},
	"whoever opts in again before that lets nothing go": {returned, func(s *rollout.Snapshot) {
		s.Memo.Ending, s.Routes, s.Canary = rollout.LetGo, rollout.Routes{}, rollout.Canary{}
	}, "Cancelled", rollout.Progressing},
	"a native roll is waited for": {rest, func(s *rollout.Snapshot) {
		s.Memo.Stable, s.Target.Complete = "", false
	}, "NativeRollout", rollout.Progressing},
	"one whose ReplicaSet we have not heard of is waited for": {rest, func(s *rollout.Snapshot) {
		s.Memo, s.Stable, s.Wanted = rollout.Memo{}, rollout.Revision{}, rollout.Revision{}
		s.Target.WantsStable = false
	}, "NativeRollout", rollout.Progressing},
	"what serves is adopted": {rest, func(s *rollout.Snapshot) { s.Memo = rollout.Memo{} }, "Adopted", rollout.Idle},
	"a first template protects nobody": {held, func(s *rollout.Snapshot) {
		s.Memo.Stable, s.Stable.Available = "", 0
	}, "NothingToProtect", rollout.Progressing},
	"a template that was let go is held again": {holding, func(s *rollout.Snapshot) { s.Target.Paused = false }, "NotHeld", rollout.Progressing},
	"pods that were not judged go": {holding, func(s *rollout.Snapshot) {
		s.Wanted = rollout.Revision{Hash: "v2", Desired: 1, Available: 1}
	}, "StraysRemoved", rollout.RollingBack},
	"pods of a rejected template that a scaling brought up go": {refused, func(s *rollout.Snapshot) {
		s.Wanted, s.Stable.Desired, s.Stable.Available = rollout.Revision{Hash: "v2", Desired: 4, Available: 4}, 0, 0
	}, "StraysRemoved", rollout.RollingBack},
	"subsets that routes name are put right even while paused": {holding, func(s *rollout.Snapshot) {
		s.Plan.Paused, s.Routes.Subsets, s.Routes.OurSubsets = true, false, false
	}, "SubsetsPrepared", rollout.Progressing},
}

var restingRows = map[string]row{
	"nothing to do":                      {rest, nil, "UpToDate", rollout.Idle},
	"a rejected template stays rejected": {refused, nil, "AbortRequested", rollout.RolledBack},
	"a retry begins again":               {refused, func(s *rollout.Snapshot) { s.Plan.Retry = true }, "RetryRequested", rollout.Progressing},
	"promote full after a rejection":     {refused, func(s *rollout.Snapshot) { s.Plan.Promote = rollout.PromoteFull }, "RetryRequested", rollout.Progressing},
	"promote step after a rejection":     {refused, func(s *rollout.Snapshot) { s.Plan.Promote = rollout.PromoteStep }, "CommandIgnored", rollout.RolledBack},
	"a rejected template is taken back": {refused, func(s *rollout.Snapshot) {
		s.Target.WantsStable = true
	}, "TemplateReverted", rollout.RollingBack},
	"another template after a rejection": {refused, func(s *rollout.Snapshot) { s.Target.WantsCanary = false }, "RejectionForgotten", rollout.Progressing},
	"a lost memory of a rejection, with nothing written since": {refused, func(s *rollout.Snapshot) {
		s.Canary, s.Target.WantsCanary = rollout.Canary{}, false
	}, "AbortRequested", rollout.RolledBack},
	"an abort when nothing runs": {rest, func(s *rollout.Snapshot) { s.Plan.Abort = true }, "CommandIgnored", rollout.Idle},
	"leftovers are found":        {rest, func(s *rollout.Snapshot) { s.Routes.OurSubsets = true }, "LeftoversFound", rollout.RollingBack},
	"the guard is armed":         {rest, func(s *rollout.Snapshot) { s.Guard = rollout.GuardArmed }, "GuardArmed", rollout.Idle},
	"the guard is relieved":      {rest, func(s *rollout.Snapshot) { s.Target.Paused, s.Memo.Armed = true, true }, "GuardRelieved", rollout.Idle},
	"problems at rest":           {rest, func(s *rollout.Snapshot) { s.Problems = problem() }, "InvalidAnnotations", rollout.Idle},
}

func crash(s *rollout.Snapshot) {
	s.Canary.Failure = rollout.Failure{Reason: rollout.CrashLoop, Message: "pod shop-canary-1: CrashLoopBackOff"}
}

func worse(s *rollout.Snapshot) {
	s.Verdict = analysis.Verdict{Outcome: analysis.Failed, Evidence: "5 % errors, 1 % allowed"}
}

func late(s *rollout.Snapshot) {
	s.Canary.Available = 0
	s.Waiting = rollout.Waiting{Reason: "CanaryNotAvailable", Since: epoch.Add(-2 * time.Minute)}
}
