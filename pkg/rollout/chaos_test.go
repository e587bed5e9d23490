// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Whole rollouts under actors in any order, readers that lag, and a controller
// that dies after any write. All of them end where the undisturbed one does,
// and nothing that check forbids happens on the way.

const (
	orders = 8
	lives  = 600
)

func TestEveryOrderOfActorsEndsInTheRightPlace(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(journeys())) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(orders) {
				journeys()[name].run(t, func(w *world) {
					w.rnd = rand.New(rand.NewPCG(seed, 1))
					w.say("seed %d", seed)
				})
			}
		})
	}
}

func TestACrashAfterAnyWriteEndsInTheRightPlace(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(journeys())) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			writes := journeys()[name].run(t, nil).writes
			for i := range writes {
				journeys()[name].run(t, func(w *world) { w.crashAt = i + 1 })
			}
		})
	}
}

// deeds are what may happen at any time.
var deeds = []func(*world){
	push("v1"), push("v2"), push("v3"), push("crash4"), push("bad5"),
	scale(1), scale(3), scale(7), scale(0),
	abort, retry, promoteStep, promoteFull, pause, resume, bake(20 * time.Second), bake(0),
	steps(10, 60, 100), steps(100), fill, free, broke, mended, restart, putBack,
	ifCanary(func(w *world) { w.lose(w.canary, 1+w.rnd.IntN(4)) }),
	ifCanary(deleteCanary), ifCanary(failing), ifCanary(scaleCanary), ifCanary(editCanary),
	func(w *world) { w.lose(w.target, 1+w.rnd.IntN(3)) },
	func(w *world) { w.robot = 3 * time.Second }, unname,
	func(w *world) { w.drift(rollout.Weight(10 * w.rnd.IntN(101))) },
}

func ifCanary(deed func(*world)) func(*world) {
	return func(w *world) {
		if w.canary != nil {
			deed(w)
		}
	}
}

func scaleCanary(w *world) {
	w.canary.replicas = w.rnd.IntN(4)
	w.canary.written()
	w.disturb(90 * time.Second)
	w.say("the canary Deployment is scaled to %d by hand", w.canary.replicas)
}

func editCanary(w *world) {
	w.canary.template = "v9"
	w.canary.written()
	w.disturb(90 * time.Second)
	w.say("the canary Deployment is edited by hand")
}

// drift is somebody who changes the weight of a split.
func (w *world) drift(to rollout.Weight) {
	if w.mesh.split && !w.plan.Paused && len(w.problem) == 0 {
		w.mesh.weight = to
		w.routed()
		w.disturb(90 * time.Second)
		w.say("somebody sets the weight to %s", to)
	}
}

// settleDown takes away what keeps a rollout from ending.
func settleDown(w *world) {
	free(w)
	mended(w)
	resume(w)
	w.failing, w.robot, w.plan.PauseOnFailure = false, 0, false
	if w.target.replicas == 0 {
		w.scaleTo(2)
	}
	w.disturb(90 * time.Second)
	if w.memo.Forgiven { // nothing fails it any more
		abort(w)
	}
}

func TestAnythingAtAnyTimeEndsSomewhereRight(t *testing.T) {
	for seed := range uint64(lives) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 2))
			life(rnd).run(t, func(w *world) {
				w.rnd = rnd
				w.crashAt = rnd.IntN(30)
				w.plan.PauseOnFailure = rnd.IntN(4) == 0
				w.plan.Bake = time.Duration(max(0, rnd.IntN(80)-40)) * time.Second
				w.asked, w.slow = rnd.IntN(3) == 0, time.Duration(rnd.IntN(20))*time.Second
				if !w.asked {
					w.slow = 0
				}
				randomlyGated(w)
				w.say("%d pods, %s, %d gates", w.size, w.mode, len(w.gates))
			})
		})
	}
}

// life is a journey on which up to five things happen.
func life(rnd *rand.Rand) journey {
	modes := []rollout.Mode{rollout.Istio, rollout.Istio, rollout.Replicas, rollout.Surge}
	j := journey{mode: modes[rnd.IntN(len(modes))], pods: 1 + rnd.IntN(6), events: []event{{at(0), push("v2")}}, anywhere: true}
	when := 0
	for range 1 + rnd.IntN(5) {
		when += rnd.IntN(60)
		j.events = append(j.events, event{at(when), deeds[rnd.IntN(len(deeds))]})
	}
	j.events = append(j.events, event{at(when + 60), settleDown})
	return j
}
