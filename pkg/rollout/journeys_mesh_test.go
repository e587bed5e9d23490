// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

var (
	promoted = ending{serves: "v2", phase: rollout.Idle}
	undone   = ending{serves: "v1", phase: rollout.RolledBack, kept: true}
	replaced = ending{serves: "v3", phase: rollout.Idle}
	asBefore = ending{serves: "v1", phase: rollout.Idle}
)

// mesh is a rollout of v2 by routes over four pods, and what happens meanwhile.
func meshed(ends ending, events ...event) journey {
	return journey{mode: rollout.Istio, pods: 4, events: append([]event{{at(0), push("v2")}}, events...), ends: ends}
}

func (j journey) with(before func(*world)) journey {
	j.before = before
	return j
}

// unname is somebody who deletes our DestinationRule.
func unname(w *world) {
	w.say("our DestinationRule is deleted")
	w.mesh.subsets, w.mesh.subsetsSince, w.mesh.at = "", w.now, w.now
	w.mesh.version++
	w.meshLog = append(w.meshLog, w.mesh)
	w.unnamed = w.now.Add(20*time.Second + w.slow)
}

// unless names the other ending that a race may have.
func (j journey) unless(e ending) journey {
	j.or = e
	return j
}

func freeze(w *world) { w.plan.PauseOnFailure = true }

// istiodAfter: istiod is asked, and sends what it read after that time.
func istiodAfter(slow time.Duration) func(*world) {
	return func(w *world) { w.asked, w.slow = true, slow }
}

func optOut(w *world) {
	w.say("opted out")
	w.optedIn, w.rogue = false, true
	w.target.version++
}

func optIn(w *world) {
	w.say("opted in")
	w.optedIn, w.rogue = true, false
	w.target.version++
}

func remove(w *world) {
	w.say("deleted")
	w.gone, w.memo = true, rollout.Memo{}
	for _, r := range w.target.sets {
		r.desired = 0
	}
	w.target.replicas = 0
}

func loseCanary(n int) func(*world) {
	return func(w *world) { w.lose(w.canary, n) }
}

func deleteCanary(w *world) {
	w.say("the canary Deployment is deleted by hand")
	w.disturb(90 * time.Second)
	w.canary = nil
}

func steps(weights ...int) func(*world) {
	return func(w *world) {
		w.annotate("steps edited", func(p *rollout.Plan) { p.Steps = plan(weights...).Steps })
	}
}

func restart(w *world) {
	w.say("the controller restarts")
	w.restart()
}

func fill(w *world) {
	w.say("quota is used up")
	w.quota = true
}

func free(w *world) {
	w.say("quota is raised")
	w.disturb(90 * time.Second)
	w.quota = false
}

func broke(w *world) {
	w.annotate("an annotation is wrong", func(*rollout.Plan) {})
	w.problem = []rollout.Problem{{Reason: rollout.InvalidAnnotations, Message: "serin.dev/hold: \"soon\" is not a duration"}}
}

func mended(w *world) {
	w.annotate("the annotation is put right", func(*rollout.Plan) {})
	w.problem = nil
}

func armed(w *world) {
	w.policy, w.guard = false, rollout.GuardArmed
	w.target.paused, w.memo.Armed = true, true
}

func pausedStep(w *world) { w.plan.Steps[1].Pause = true }

// meshJourneys are whole rollouts by routes; the keys name their transcripts.
func meshJourneys() map[string]journey {
	return map[string]journey{
		"promoted-by-weights":            meshed(promoted),
		"crashes-and-rolls-back":         meshed(undone).crashing("crash2"),
		"deadline":                       meshed(undone).crashing("bad2"),
		"slow-but-in-time":               meshed(ending{serves: "slow2", phase: rollout.Idle}).crashing("slow2"),
		"fails-at-50":                    meshed(undone, event{weight(50), failing}),
		"superseded-at-25":               meshed(replaced, event{weight(25), push("v3")}),
		"superseded-before-weight":       meshed(replaced, event{at(3), push("v3")}),
		"superseded-at-promotion":        meshed(replaced, event{promoting, push("v3")}),
		"superseded-during-promotion":    meshed(replaced, event{rolling, push("v3")}),
		"reverted-mid-rollout":           meshed(asBefore, event{weight(25), push("v1")}),
		"reverted-during-promotion":      meshed(asBefore, event{rolling, push("v1")}),
		"reverted-after-rejection":       meshed(asBefore, event{weight(25), abort}, event{rejected, push("v1")}),
		"new-template-after-rejection":   meshed(replaced, event{weight(25), abort}, event{rejected, push("v3")}),
		"new-template-while-returning":   meshed(replaced, event{weight(25), abort}, event{after(2), push("v3")}),
		"abort-before-weight":            meshed(undone, event{at(3), abort}),
		"abort-at-25":                    meshed(undone, event{weight(25), abort}),
		"abort-at-100":                   meshed(undone, event{weight(100), abort}),
		"abort-during-promotion":         meshed(undone, event{rolling, abort}),
		"istiod-is-asked":                meshed(promoted).with(istiodAfter(0)),
		"istiod-is-asked-and-slow":       meshed(promoted).with(istiodAfter(30 * time.Second)),
		"abort-while-istiod-is-slow":     meshed(undone, event{weight(50), abort}).with(istiodAfter(30 * time.Second)),
		"restart-while-istiod-is-slow":   meshed(promoted, event{weight(25), restart}).with(istiodAfter(30 * time.Second)),
		"abort-at-rest":                  {mode: rollout.Istio, pods: 4, events: []event{{at(0), abort}}, ends: asBefore},
		"retry-after-abort":              meshed(promoted, event{weight(25), abort}, event{rejected, retry}),
		"full-after-abort":               meshed(promoted, event{weight(25), abort}, event{rejected, promoteFull}),
		"pause-and-resume":               meshed(promoted, event{weight(25), pause}, event{after(40), resume}),
		"step-pause-then-step":           meshed(promoted, event{and(weight(25), after(30)), promoteStep}).with(pausedStep),
		"promote-full":                   meshed(promoted, event{weight(5), promoteFull}),
		"opt-out-mid-step":               meshed(promoted, event{weight(25), optOut}),
		"opt-out-and-in-again":           meshed(promoted, event{weight(25), optOut}, event{after(4), optIn}),
		"opt-out-during-promotion":       meshed(promoted, event{rolling, optOut}),
		"deleted-mid-step":               meshed(ending{}, event{weight(50), remove}),
		"scaled-up-mid-rollout":          meshed(ending{serves: "v2", phase: rollout.Idle, pods: 9}, event{weight(25), scale(9)}),
		"scaled-down-mid-rollout":        meshed(ending{serves: "v2", phase: rollout.Idle, pods: 2}, event{weight(50), scale(2)}),
		"scaled-up-during-promotion":     meshed(ending{serves: "v2", phase: rollout.Idle, pods: 6}, event{rolling, scale(6)}),
		"scaled-to-zero-and-back":        meshed(promoted, event{weight(25), scale(0)}, event{after(60), scale(4)}),
		"scaled-to-zero-when-rejected":   meshed(undone, event{rolling, abort}, event{rejected, scale(0)}, event{after(30), scale(4)}),
		"pods-lost-while-paused":         meshed(promoted, event{weight(25), pause}, event{after(20), loseCanary(1)}, event{after(40), resume}),
		"scaled-up-while-paused":         meshed(sized(promoted, 9), event{weight(25), pause}, event{after(20), scale(9)}, event{after(150), resume}),
		"subsets-taken-away":             meshed(promoted, event{weight(25), unname}, event{rolling, unname}),
		"subsets-gone-while-returning":   meshed(undone, event{weight(25), abort}, event{after(4), unname}),
		"freezes-and-loses-the-canary":   meshed(undone, event{weight(50), failing}, event{after(5), loseCanary(2)}, event{after(30), abort}).with(freeze),
		"stable-degraded-at-the-start":   meshed(promoted).with(degrade(2)),
		"stable-serves-nobody":           meshed(promoted).with(degrade(4)),
		"canary-pods-lost":               meshed(promoted, event{weight(50), loseCanary(2)}),
		"canary-pods-lost-in-promotion":  meshed(promoted, event{rolling, loseCanary(4)}),
		"canary-deleted-before-weight":   meshed(promoted, event{at(12), deleteCanary}),
		"canary-deleted-at-50":           meshed(promoted, event{weight(50), deleteCanary}),
		"canary-deleted-in-promotion":    meshed(promoted, event{rolling, deleteCanary}),
		"canary-deleted-after-rejection": meshed(undone, event{weight(50), abort}, event{rejected, deleteCanary}),
		"routes-reverted-by-a-robot":     meshed(promoted, event{weight(25), revertTwice}),
		"freezes-then-promoted":          meshed(promoted, event{weight(25), failing}, event{after(20), promoteStep}).with(freeze),
		"freezes-then-aborted":           meshed(undone, event{weight(25), failing}, event{after(20), abort}).with(freeze),
		"freezes-then-retried":           meshed(promoted, event{weight(25), failing}, event{after(20), retry}, event{withdrawn, heal}).with(freeze),
		"steps-edited":                   meshed(promoted, event{weight(25), steps(10, 40, 60, 100)}),
		"promotion-stuck-then-heals":     meshed(promoted, event{promoting, fill}, event{after(40), free}),
		"promotion-stuck-then-aborted":   meshed(undone, event{promoting, fill}, event{after(40), abort}, event{after(1), free}),
		"guard-armed":                    meshed(promoted).with(armed),
		"guard-relieved":                 meshed(promoted).with(func(w *world) { armed(w); w.policy, w.guard = true, rollout.GuardPolicy }),
		"nothing-holds-the-template":     meshed(promoted).with(func(w *world) { w.policy, w.guard, w.rogue = false, rollout.GuardArmed, true }),
		"controller-restarts":            meshed(promoted, event{weight(25), restart}, event{rolling, restart}),
		"problem-mid-rollout":            meshed(promoted, event{weight(25), broke}, event{after(30), mended}),
		"first-seen":                     meshed(promoted).with(func(w *world) { w.memo = rollout.Memo{}; w.guard = "" }),
	}
}

// crashing gives the rollout another template.
func (j journey) crashing(template string) journey {
	j.events[0].do = push(template)
	return j
}

// failing makes the canary's pods crash from now on.
func failing(w *world) {
	w.say("the canary's pods begin to crash")
	w.failing = true
	w.canary.version++
}

func withdrawn(w *world) bool { return w.canary != nil && w.canary.replicas == 0 }

func heal(w *world) {
	w.say("what made them crash is put right")
	w.failing = false
}

// degrade breaks n of stable's pods.
func degrade(n int) func(*world) {
	return func(w *world) {
		w.sick = true
		for _, p := range w.target.sets[0].pods[:n] {
			p.broken = true
		}
	}
}

// revertTwice is a robot that gives up after two times.
func revertTwice(w *world) { w.robot = 2 * time.Second }
