// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// facts is what the API server holds, as a reader gets it.
type facts struct {
	target targetFacts
	canary canaryFacts
	mesh   mesh
}

type revision struct {
	template           string
	desired, available int
}

type targetFacts struct {
	plan     rollout.Plan
	memo     rollout.Memo
	template string
	sets     []revision
	target   rollout.Target
	problem  []rollout.Problem
	version  int
}

type canaryFacts struct {
	template string
	canary   rollout.Canary
	version  int
}

func (w *world) look() facts {
	f := facts{mesh: w.mesh, target: targetFacts{plan: w.plan, memo: w.memo, template: w.target.template, version: w.target.version, problem: w.problem}}
	f.target.plan.Steps = slices.Clone(w.plan.Steps)
	f.target.target = rollout.Target{Gone: w.gone, OptedIn: w.optedIn, Generation: w.target.generation,
		Replicas: w.target.replicas, Paused: w.target.paused, Lagging: w.target.observed < w.target.generation, Complete: w.target.complete(w.now)}
	if w.quota && !w.target.paused && !f.target.target.Complete {
		f.target.target.Stuck = "exceeded quota"
	}
	for _, r := range w.target.sets {
		f.target.sets = append(f.target.sets, revision{r.template, r.desired, r.available(w.now)})
	}
	if w.canary == nil {
		return f
	}
	c := rollout.Canary{Exists: true, Desired: w.canary.replicas, Pods: w.canary.live()}
	if r := w.canary.find(w.canary.template); r != nil {
		c.Available = r.available(w.now)
		if r.live() > 0 && (w.failing || strings.HasPrefix(r.template, "crash")) {
			c.Failure = rollout.Failure{Reason: rollout.CrashLoop, Message: "pod shop-canary-1: container app: CrashLoopBackOff"}
			c.Available = w.canaryAvailable()
		}
	}
	if c.Available < c.Desired {
		c.Waiting = fmt.Sprintf("%d of %d pods available", c.Available, c.Desired)
	}
	f.canary = canaryFacts{w.canary.template, c, w.canary.version}
	return f
}

// ask is what istiod knows of the proxies.
func (w *world) ask(s *rollout.Snapshot, m mesh) {
	if !w.asked {
		return
	}
	s.Routes.Asked = true
	if served := m.at.Add(w.slow); !served.After(w.now) {
		s.Routes.Served = served
	} else {
		s.Routes.Lagging = "istiod does not serve the routes yet"
	}
}

// read is one look through caches that lag, each by itself.
func (w *world) read() facts {
	return facts{w.seen[w.lag[0]].target, w.seen[w.lag[1]].canary, w.seen[w.lag[2]].mesh}
}

// snapshot is what package observe makes of facts.
func (w *world) snapshot(f facts) rollout.Snapshot {
	tf, m := f.target, f.mesh
	s := rollout.Snapshot{Now: w.now, Plan: tf.plan, Problems: tf.problem, Memo: tf.memo, Target: tf.target, Canary: f.canary.canary,
		Mode: w.mode, Service: "shop", Guard: w.guard, Verdict: w.verdict, Waiting: w.ctl.waiting}
	s.Routes = rollout.Routes{Subsets: m.subsets != "" && m.subsets == tf.memo.Stable, Ours: m.split, OurSubsets: m.subsets != "",
		Split: m.split, Weight: m.weight, Since: m.since, SubsetsSince: m.subsetsSince, RetryAt: m.retryAt}
	if m.reverts > 0 {
		s.Routes.Reverted = "argocd put the routes back; add an ignore rule"
	}
	if s.Routes.Since.Before(w.ctl.started) {
		s.Routes.Since = w.ctl.started
	}
	if s.Routes.SubsetsSince.Before(w.ctl.started) {
		s.Routes.SubsetsSince = w.ctl.started
	}
	w.ask(&s, m)
	s.Gates = w.gatesOf(tf.memo)
	stable := serving(tf)
	s.Target.WantsStable = stable != "" && stable == tf.template
	s.Target.WantsCanary = f.canary.canary.Exists && f.canary.template == tf.template
	for _, r := range tf.sets {
		as := rollout.Revision{Hash: r.template, Desired: r.desired, Available: r.available}
		if r.template == stable {
			s.Stable = as
		}
		if r.template == tf.template {
			s.Wanted = as
		}
		if f.canary.canary.Exists && r.template == f.canary.template {
			s.Judged = as
		}
		if r.template != stable && r.template != tf.template && r.template != f.canary.template {
			s.Others += r.desired
		}
	}
	return s
}

// serving is the template of the memo's stable ReplicaSet, or else of the one
// that has most pods available.
func serving(tf targetFacts) string {
	best, most := "", 0
	for _, r := range tf.sets {
		if r.template == tf.memo.Stable {
			return r.template
		}
		if r.available > most {
			best, most = r.template, r.available
		}
	}
	return best
}

// controller decides, and applies in one order.
type controller struct {
	waiting  rollout.Waiting
	seen     rollout.Snapshot
	due      time.Time // when to look again though nothing changed; zero: never
	started  time.Time
	quietFor int // ticks without a write
	phase    rollout.Phase
}

func (w *world) restart() {
	w.forgetGates()
	w.ctl = controller{started: w.now, due: w.now}
}

// control is a pass, if something changed or a timer is due.
func (w *world) control() {
	w.ctl.quietFor++
	f := w.read()
	s := w.snapshot(f)
	due := !w.ctl.due.IsZero() && !w.now.Before(w.ctl.due)
	if !due && same(s, w.ctl.seen) {
		return
	}
	w.ctl.seen = s
	d := rollout.Decide(s)
	w.decided[rollout.Deciding(s)] = true
	if broken := broken(s, d); len(broken) > 0 {
		w.t.Fatalf("after %s: %s: %v\n%+v\n%s", w.now.Sub(epoch), d.Reason, broken, s, w.trace.String())
	}
	before, started := w.writes, w.ctl.started
	done := w.apply(d, f)
	if w.writes > before {
		w.ctl.quietFor = 0
	}
	if w.ctl.started != started { // it crashed
		return
	}
	if d.Reason != w.ctl.waiting.Reason {
		w.ctl.waiting = rollout.Waiting{Reason: d.Reason, Since: w.now}
	}
	switch {
	case !done: // an error is tried again
		w.ctl.due = w.now
	case d.Recheck > 0:
		w.ctl.due = w.now.Add(d.Recheck)
	default:
		w.ctl.due = time.Time{}
	}
	w.ctl.phase = d.Phase
	w.log(d)
}

// same: nothing happened that a watch would tell.
func same(a, b rollout.Snapshot) bool {
	p, q := a.Plan, b.Plan
	return a.Memo == b.Memo && a.Target == b.Target && a.Canary == b.Canary && a.Routes == b.Routes &&
		a.Stable == b.Stable && a.Wanted == b.Wanted && a.Judged == b.Judged && a.Others == b.Others &&
		p.Paused == q.Paused && p.Abort == q.Abort && p.Retry == q.Retry && p.Promote == q.Promote && p.PauseOnFailure == q.PauseOnFailure && p.Bake == q.Bake &&
		slices.Equal(p.Steps, q.Steps) && slices.Equal(a.Problems, b.Problems) && a.Verdict.Outcome == b.Verdict.Outcome && a.Verdict.Evidence == b.Verdict.Evidence && a.Guard == b.Guard && a.Mode == b.Mode &&
		slices.Equal(a.Gates, b.Gates)
}

// log adds a line to the transcript when phase, weight or reason are new.
func (w *world) log(d rollout.Decision) {
	key := fmt.Sprintf("%s %s %s", d.Phase, w.memo.Weight, d.Reason)
	if key == w.last {
		return
	}
	w.last = key
	weight, canary := w.mesh.weight, "-"
	if w.canary != nil {
		canary = fmt.Sprintf("%d/%d", w.canary.available(w.now), w.canary.replicas)
	}
	if w.mode != rollout.Istio {
		weight = rollout.Share(w.canaryAvailable(), w.target.available(w.now))
	}
	target := fmt.Sprintf("%d/%d", w.target.available(w.now), w.target.replicas)
	fmt.Fprintf(&w.trace, "%6s  %-11s %6s  %5s %5s  %s\n", w.now.Sub(epoch), d.Phase, weight, canary, target, d.Reason)
}
