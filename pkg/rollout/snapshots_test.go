// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

// The snapshots that the tables start from: four pods, steps at 5, 25, 50 and
// 100 %, everything long since settled.

// rest is a target that serves what is wanted.
func rest() rollout.Snapshot {
	serving := rollout.Revision{Hash: "v1", Desired: 4, Available: 4}
	return rollout.Snapshot{
		Now:    epoch,
		Plan:   plan(5, 25, 50, 100),
		Memo:   rollout.Memo{UID: "u", Stable: "v1"},
		Target: rollout.Target{OptedIn: true, Replicas: 4, Complete: true, WantsStable: true},
		Stable: serving, Wanted: serving,
		Routes: rollout.Routes{Since: epoch.Add(-time.Hour), SubsetsSince: epoch.Add(-time.Hour)},
		Mode:   rollout.Istio, Service: "shop", Guard: rollout.GuardPolicy, Verdict: analysis.NoChecks(),
	}
}

// held is a new template that waits.
func held() rollout.Snapshot {
	s := rest()
	s.Wanted = rollout.Revision{}
	s.Target.Paused, s.Target.WantsStable, s.Target.Complete = true, false, false
	return s
}

// holding is a rollout in its step at 25 %.
func holding() rollout.Snapshot {
	s := held()
	s.Memo.Started, s.Memo.Mode, s.Memo.Service = epoch.Add(-time.Minute), rollout.Istio, "shop"
	s.Memo.Weight, s.Memo.Since = 250, epoch.Add(-8*time.Second)
	s.Target.WantsCanary = true
	s.Canary = rollout.Canary{Exists: true, Desired: 1, Available: 1, Pods: 1}
	s.Routes.Subsets, s.Routes.OurSubsets, s.Routes.Ours, s.Routes.Split, s.Routes.Weight = true, true, true, true, 250
	return s
}

// passed is the same step with its hold over and the next step's pods there.
func passed() rollout.Snapshot {
	s := holding()
	s.Memo.Since = epoch.Add(-time.Minute)
	s.Canary.Desired, s.Canary.Available, s.Canary.Pods = 2, 2, 2
	return s
}

// full is the last step, passed.
func full() rollout.Snapshot {
	s := passed()
	s.Memo.Weight, s.Routes.Weight = rollout.Full, rollout.Full
	s.Canary.Desired, s.Canary.Available, s.Canary.Pods = 4, 4, 4
	return s
}

// baking is a rollout that bakes for a minute, since twenty seconds.
func baking() rollout.Snapshot {
	s := full()
	s.Plan.Bake = time.Minute
	s.Memo.Bake = epoch.Add(-20 * time.Second)
	return s
}

// promotion is under way: one of four pods is new.
func promotion() rollout.Snapshot {
	s := full()
	s.Memo.Promoting = true
	s.Target.Paused = false
	s.Stable.Desired, s.Stable.Available = 3, 3
	s.Wanted = rollout.Revision{Hash: "v2", Desired: 2, Available: 1}
	s.Judged = s.Wanted
	return s
}

// returning is a rollout that was rejected at 25 % and goes back.
func returning() rollout.Snapshot {
	s := holding()
	s.Memo.Ending, s.Memo.Reason, s.Memo.Message = rollout.Reject, "AbortRequested", "a person asked for it"
	return s
}

// returned is the same with all traffic on stable and no canary pods.
func returned() rollout.Snapshot {
	s := returning()
	s.Routes.Weight = 0
	s.Canary.Desired, s.Canary.Available, s.Canary.Pods = 0, 0, 0
	return s
}

// refused is the same at rest.
func refused() rollout.Snapshot {
	s := returned()
	s.Memo = rollout.Memo{UID: "u", Stable: "v1", Ending: rollout.Reject, Reason: "AbortRequested", Message: "a person asked for it"}
	s.Routes = rest().Routes
	return s
}

// byRatio is a rollout of ten pods by their ratio, in its step at 50 %.
func byRatio() rollout.Snapshot {
	s := passed()
	s.Memo.Mode, s.Mode, s.Routes = rollout.Replicas, rollout.Replicas, rest().Routes
	s.Memo.Weight, s.Memo.Since, s.Memo.Size, s.Memo.Lowered = 500, epoch.Add(-time.Second), 10, 5
	s.Target.Replicas = 5
	s.Stable.Desired, s.Stable.Available = 5, 5
	s.Canary.Desired, s.Canary.Available, s.Canary.Pods = 5, 5, 5
	return s
}

func problem() []rollout.Problem {
	return []rollout.Problem{{Reason: rollout.InvalidAnnotations, Message: "serin.dev/hold: \"soon\" is not a duration"}}
}
