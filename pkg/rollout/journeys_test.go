// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// journey is a rollout from a beginning to an end.
type journey struct {
	mode     rollout.Mode
	pods     int
	before   func(*world)
	events   []event
	ends     ending
	anywhere bool   // it ends where it must, given what it became
	or       ending // where it may end, too, when actors act in another order
}

// event is what somebody does, once, when its time has come.
type event struct {
	when func(*world) bool
	do   func(*world)
}

// ending is where a journey must end, whatever the order of things was.
type ending struct {
	serves string // template of all the target's pods
	phase  rollout.Phase
	pods   int  // 0: as many as at first
	kept   bool // the canary Deployment stays, at zero
}

func at(seconds int) func(*world) bool {
	return func(w *world) bool { return w.now.Sub(epoch) >= time.Duration(seconds)*time.Second }
}

// weight: the rollout's step is this one, or was left behind already.
func weight(percent int) func(*world) bool {
	return func(w *world) bool { return w.memo.Weight >= rollout.Weight(10*percent) }
}

func promoting(w *world) bool { return w.memo.Promoting }

// rolling: the promotion has replaced the first pods.
func rolling(w *world) bool {
	r := w.target.find("v2")
	return w.memo.Promoting && r != nil && r.available(w.now) > 0
}

func and(a, b func(*world) bool) func(*world) bool {
	return func(w *world) bool { return a(w) && b(w) }
}

func rejected(w *world) bool { return w.ctl.phase == rollout.RolledBack }

func after(seconds int) func(*world) bool {
	var since time.Time
	return func(w *world) bool {
		if since.IsZero() {
			since = w.now
		}
		return w.now.Sub(since) >= time.Duration(seconds)*time.Second
	}
}

func push(template string) func(*world) { return func(w *world) { w.push(template) } }
func scale(n int) func(*world)          { return func(w *world) { w.scaleTo(n) } }
func abort(w *world)                    { w.annotate("abort", func(p *rollout.Plan) { p.Abort = true }) }
func retry(w *world)                    { w.annotate("retry", func(p *rollout.Plan) { p.Retry = true }) }
func promoteStep(w *world) {
	w.annotate("promote step", func(p *rollout.Plan) { p.Promote = rollout.PromoteStep })
}
func promoteFull(w *world) {
	w.annotate("promote full", func(p *rollout.Plan) { p.Promote = rollout.PromoteFull })
}
func pause(w *world)  { w.annotate("pause", func(p *rollout.Plan) { p.Paused = true }) }
func resume(w *world) { w.annotate("pause taken away", func(p *rollout.Plan) { p.Paused = false }) }

// limit is how many ticks a journey may take; no rollout runs for ever.
const limit = 3000

// run plays a journey until nothing happens any more.
func (j journey) run(t testing.TB, arrange func(*world)) *world {
	t.Helper()
	w := newWorld(t, j.mode, j.pods)
	if j.before != nil {
		j.before(w)
	}
	if arrange != nil {
		arrange(w)
	}
	for i := range w.seen {
		w.seen[i] = w.look()
	}
	events := j.events
	for tick := 0; len(events) > 0 || w.ctl.quietFor < 20 || !w.ended(); tick++ {
		if tick > limit {
			w.wrong("no end in sight")
		}
		for len(events) > 0 && events[0].when(w) {
			events[0].do(w)
			events = events[1:]
			w.ctl.quietFor = 0
		}
		w.tick()
	}
	if w.rnd != nil && j.or.serves != "" && w.ctl.phase == j.or.phase {
		j.ends = j.or
	}
	if j.anywhere {
		j.ends = w.became()
	}
	j.ends.check(w, j.pods)
	w.atRest()
	return w
}

// ended: the controller has nothing left to do, nor has a Deployment that was let go.
func (w *world) ended() bool {
	return w.ctl.phase == rollout.RolledBack || w.ctl.phase == rollout.Idle && (w.optedIn || w.gone || w.target.complete(w.now))
}

// became is the only right ending, given the phase.
func (w *world) became() ending {
	// A size that happens to be one that the controller writes cannot be told from its own.
	n := w.size
	if w.mode == rollout.Replicas && w.sizes[w.target.replicas] {
		n = w.target.replicas
	}
	if w.ctl.phase == rollout.RolledBack {
		return ending{serves: w.memo.Stable, phase: rollout.RolledBack, pods: n, kept: true}
	}
	return ending{serves: w.target.template, phase: rollout.Idle, pods: n}
}

func (e ending) check(w *world, pods int) {
	w.t.Helper()
	if w.gone {
		if w.mesh.split || w.mesh.subsets != "" {
			w.wrong("something of ours is left in the mesh")
		}
		return
	}
	if e.pods > 0 {
		pods = e.pods
	}
	r := w.target.find(e.serves)
	if r == nil || r.available(w.now) != pods || w.target.live() != pods || w.target.replicas != pods {
		w.wrong("%s should have %d pods: %+v", e.serves, pods, w.look().target)
	}
	if w.ctl.phase != e.phase {
		w.wrong("the phase should be %s", e.phase)
	}
	if w.mesh.split || w.mesh.subsets != "" {
		w.wrong("something of ours is left in the mesh")
	}
	if (w.canary != nil) != e.kept || (w.canary != nil && w.canary.pods() > 0) {
		w.wrong("the canary Deployment is not as it should be")
	}
}

// atRest: deciding once more, without anything new, writes nothing.
func (w *world) atRest() {
	w.t.Helper()
	for range 3 {
		before := w.writes
		w.ctl.due = w.now
		w.tick()
		if w.writes != before {
			w.wrong("a pass at rest writes")
		}
	}
}
