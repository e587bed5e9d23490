// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"math/rand/v2"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

// random is any snapshot that can be observed, likely or not: one whose parts
// do not contradict each other.
func random(rnd *rand.Rand) rollout.Snapshot {
	s := rollout.Snapshot{Now: epoch, Plan: randomPlan(rnd), Service: "shop", Mode: pick(rnd, rollout.Istio, rollout.Replicas, rollout.Surge)}
	s.Memo = randomMemo(rnd)
	s.Target = randomTarget(rnd)
	randomRevisions(rnd, &s)
	s.Canary = randomCanary(rnd)
	s.Target.WantsCanary = s.Canary.Exists && !s.Canary.Foreign && rnd.IntN(4) > 0
	if s.Memo.Mode == rollout.Istio || (s.Memo.Mode == "" && rnd.IntN(8) == 0) {
		s.Routes = randomRoutes(rnd)
	}
	if rnd.IntN(8) == 0 {
		s.Problems = []rollout.Problem{{Reason: rollout.InvalidAnnotations, Message: "wrong"}}
	}
	randomGates(rnd, &s)
	s.Guard = pick(rnd, "", rollout.GuardPolicy, rollout.GuardPolicy, rollout.GuardArmed)
	s.Verdict = analysis.Verdict{Outcome: pick(rnd, analysis.Inconclusive, analysis.Passed, analysis.Passed, analysis.Passed, analysis.Failed)}
	s.Verdict.NoData = s.Verdict.Outcome == analysis.Inconclusive && maybe(rnd, 2)
	s.OnNoData = pick(rnd, "", analysis.NoDataHold, analysis.NoDataRollback, analysis.NoDataProceed)
	if maybe(rnd, 6) {
		s.Seen = rollout.SeenShare{Off: pick(rnd, "", "5 of 100 requests"), Since: epoch.Add(-ago(rnd))}
	}
	reasons := []rollout.Reason{"", "AnalysisInconclusive", "NoData", "CanaryNotAvailable", "StableNotAvailable", "DeadlineExceeded", "StableRefilling", "Holding", "Baking"}
	s.Waiting = rollout.Waiting{Reason: pick(rnd, reasons...), Since: epoch.Add(-ago(rnd))}
	return s
}

func pick[T any](rnd *rand.Rand, values ...T) T { return values[rnd.IntN(len(values))] }

func maybe(rnd *rand.Rand, in int) bool { return rnd.IntN(in) == 0 }

func ago(rnd *rand.Rand) time.Duration {
	return pick(rnd, 0, time.Second, 20*time.Second, 31*time.Second, 5*time.Minute)
}

func randomPlan(rnd *rand.Rand) rollout.Plan {
	p := pick(rnd, plan(5, 25, 50, 100), plan(100), plan(10, 50))
	for i := range p.Steps {
		p.Steps[i].Pause = maybe(rnd, 10)
	}
	p.Bake = pick(rnd, 0, 0, 15*time.Second, time.Minute)
	p.PauseOnFailure, p.Paused = maybe(rnd, 3), maybe(rnd, 10)
	p.Abort, p.Retry = maybe(rnd, 12), maybe(rnd, 12)
	p.Promote = pick(rnd, "", "", "", "", "", "", rollout.PromoteStep, rollout.PromoteFull)
	p.CanaryReplicas = pick(rnd, rollout.Count{}, rollout.Count{}, rollout.Count{Number: 2}, rollout.Count{Percent: 50})
	return p
}

func randomMemo(rnd *rand.Rand) rollout.Memo {
	m := rollout.Memo{UID: "u", Stable: "s"}
	switch rnd.IntN(10) {
	case 0:
		return rollout.Memo{}
	case 1:
		m.Armed = maybe(rnd, 2)
		return m
	case 2:
		m.Ending, m.Reason, m.Generation = rollout.Reject, "AbortRequested", int64(rnd.IntN(2))
		return m
	}
	m.Started, m.Since = epoch.Add(-time.Hour), epoch.Add(-ago(rnd))
	m.Mode, m.Service = pick(rnd, rollout.Istio, rollout.Istio, rollout.Replicas, rollout.Surge), "shop"
	m.Weight = pick(rnd, 0, 50, 250, 500, rollout.Full, rollout.Full)
	m.Passed = pick(rnd, 0, 0, 0, m.Weight)
	if m.Weight == rollout.Full && maybe(rnd, 2) {
		m.Bake, m.Baked = epoch.Add(-ago(rnd)), maybe(rnd, 6)
	}
	m.Full, m.Forgiven, m.Promoting = maybe(rnd, 10), maybe(rnd, 10), m.Weight == rollout.Full && maybe(rnd, 2)
	if m.Mode == rollout.Replicas && m.Weight > 0 {
		m.Size = 1 + rnd.IntN(6)
		m.Lowered = 1 + rnd.IntN(m.Size)
	}
	m.Ending = pick(rnd, "", "", "", "", "", rollout.Reject, rollout.Cancel, rollout.Restart, rollout.LetGo, rollout.Finished)
	if m.Ending == rollout.Finished {
		m.Promoting = false
	}
	return m
}

func randomTarget(rnd *rand.Rand) rollout.Target {
	t := rollout.Target{Gone: maybe(rnd, 40), OptedIn: !maybe(rnd, 15), Generation: int64(rnd.IntN(2)),
		Replicas: rnd.IntN(7), Paused: !maybe(rnd, 3), Complete: maybe(rnd, 2), Lagging: maybe(rnd, 8)}
	if maybe(rnd, 8) {
		t.Stuck = "exceeded quota"
	}
	return t
}

// randomRevisions: stable is there or not, and is wanted or not.
func randomRevisions(rnd *rand.Rand, s *rollout.Snapshot) {
	revision := func(hash string) rollout.Revision {
		r := rollout.Revision{Hash: hash, Desired: pick(rnd, 0, 1, s.Target.Replicas, s.Target.Replicas)}
		r.Available = pick(rnd, r.Desired, r.Desired, 0, r.Desired/2)
		return r
	}
	if !maybe(rnd, 12) {
		s.Stable = revision(pick(rnd, "s", "s", "s", "s", "other"))
	}
	switch rnd.IntN(3) {
	case 0:
		s.Wanted = s.Stable
		s.Target.WantsStable = s.Stable.Hash != ""
	case 1:
		s.Wanted = revision("w")
	}
	if s.Memo.Promoting && !maybe(rnd, 8) {
		s.Judged = pick(rnd, s.Wanted, revision("j"))
	}
	s.Others = pick(rnd, 0, 0, 0, 1)
}

func randomCanary(rnd *rand.Rand) rollout.Canary {
	if maybe(rnd, 5) {
		return rollout.Canary{}
	}
	if maybe(rnd, 20) {
		return rollout.Canary{Exists: true, Foreign: true}
	}
	c := rollout.Canary{Exists: true, Desired: rnd.IntN(8)}
	c.Available = pick(rnd, c.Desired, c.Desired, c.Desired, 0, c.Desired/2)
	c.Pods = max(c.Available, pick(rnd, c.Desired, c.Desired, 0, 2))
	if maybe(rnd, 12) {
		c.Failure = rollout.Failure{Reason: rollout.CrashLoop, Message: "crashes"}
	}
	return c
}

func randomRoutes(rnd *rand.Rand) rollout.Routes {
	r := rollout.Routes{Since: epoch.Add(-ago(rnd)), SubsetsSince: epoch.Add(-ago(rnd))}
	r.OurSubsets = !maybe(rnd, 4)
	r.Subsets = r.OurSubsets && !maybe(rnd, 8)
	r.Ours = !maybe(rnd, 4)
	r.Split = r.Ours && !maybe(rnd, 8)
	if r.Ours {
		r.Weight = pick(rnd, 0, 50, 250, 500, rollout.Full, rollout.Full)
	}
	if maybe(rnd, 2) {
		r.Asked, r.Served = true, r.Since.Add(-ago(rnd))
		r.Lagging = pick(rnd, "", "", "", "1 of 12 connected proxies has not acknowledged the routes")
	}
	if maybe(rnd, 10) {
		r.RetryAt, r.Reverted = epoch.Add(ago(rnd)), "somebody"
	}
	return r
}

func randomGates(rnd *rand.Rand, s *rollout.Snapshot) {
	if len(s.Memo.Due()) == 0 || (!s.Memo.Promoting && !maybe(rnd, 3)) || (s.Memo.Promoting && maybe(rnd, 3)) {
		return
	}
	for _, name := range []string{"smoke", "load"} {
		state := pick(rnd, "", rollout.GatePending, rollout.GatePassed, rollout.GatePassed, rollout.GateFailed)
		s.Gates = append(s.Gates, rollout.Gate{Name: name, State: state, Holds: maybe(rnd, 2), Stuck: state == rollout.GatePending && maybe(rnd, 3)})
	}
}
