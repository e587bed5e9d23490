// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// gate is one that somebody wrote down. It answers some time after it was asked,
// each time that it is asked at another point.
type gate struct {
	name  string
	when  rollout.When
	holds bool
	fails func(rollout.Memo) bool // nil: it never does
	job   bool                    // what it was asked and answered outlives the controller

	takes time.Duration
	asked map[string]time.Time // by the point
}

const answers = 3 * time.Second

func (g *gate) at(now time.Time, m rollout.Memo) rollout.Gate {
	found := rollout.Gate{Name: g.name, Holds: g.holds}
	since, asked := g.asked[m.Point()]
	switch {
	case !asked:
	case now.Sub(since) < g.takes:
		found.State = rollout.GatePending
	case g.fails != nil && g.fails(m):
		found.State, found.Words = rollout.GateFailed, "answered 409: not today"
	default:
		found.State = rollout.GatePassed
	}
	noted, _ := m.GateNoted(g.name)
	if found.State == "" || noted == rollout.GatePassed {
		found.State = noted
	}
	return found
}

// gatesOf are those that stand at the memo's point.
func (w *world) gatesOf(m rollout.Memo) (found []rollout.Gate) {
	for _, g := range w.gates {
		if slices.Contains(m.Due(), g.when) {
			found = append(found, g.at(w.now, m))
		}
	}
	return found
}

// gates has those asked that were not.
func (p *pass) gates() bool {
	if !p.d.Ask {
		return true
	}
	m := p.f.target.memo
	for _, g := range p.w.gates {
		if !slices.Contains(m.Due(), g.when) || g.at(p.w.now, m).State != "" {
			continue
		}
		if p.w.ctl.due = p.w.now.Add(g.takes); g.asked == nil {
			g.asked = map[string]time.Time{}
		}
		g.asked[m.Point()] = p.w.now
		p.w.say("gate %s is asked at %s", g.name, m.Weight)
		if g.job && !p.wrote() {
			return false
		}
	}
	return true
}

// forgetGates: what was asked by HTTP is lost with the controller.
func (w *world) forgetGates() {
	for _, g := range w.gates {
		if !g.job {
			g.asked = nil
		}
	}
}

func gated(gates ...*gate) func(*world) {
	return func(w *world) {
		for _, g := range gates {
			g.takes = max(g.takes, answers)
		}
		w.gates = gates
	}
}

func always(rollout.Memo) bool { return true }

func heavier(than rollout.Weight) func(rollout.Memo) bool {
	return func(m rollout.Memo) bool { return m.Weight >= than }
}

func atGate(w *world) bool     { return w.ctl.waiting.Reason == "GateWaiting" }
func heldAtGate(w *world) bool { return w.ctl.waiting.Reason == "GateFailed" }

// gateJourneys are whole rollouts past gates; the keys name their transcripts.
func gateJourneys() map[string]journey {
	all := func() []*gate {
		return []*gate{
			{name: "smoke", when: rollout.BeforeTraffic, job: true}, {name: "load", when: rollout.BeforeStep, job: true}, {name: "quota", when: rollout.BeforeStep},
			{name: "board", when: rollout.BeforePromotion}, {name: "report", when: rollout.AfterPromotion},
		}
	}
	return map[string]journey{
		"gates-pass":         meshed(promoted).with(gated(all()...)),
		"gates-pass-restart": meshed(promoted, event{and(atGate, weight(25)), restart}).with(gated(all()...)),
		"gate-fails-before-traffic": meshed(undone).with(gated(
			&gate{name: "smoke", when: rollout.BeforeTraffic, fails: always, job: true}, &gate{name: "slow", when: rollout.BeforeStep, takes: time.Hour})),
		"gate-fails-at-25":            meshed(undone).with(gated(&gate{name: "load", when: rollout.BeforeStep, fails: heavier(250)})),
		"gate-fails-before-promotion": meshed(undone).with(gated(&gate{name: "board", when: rollout.BeforePromotion, fails: always})),
		"gate-fails-after":            meshed(promoted).with(gated(&gate{name: "report", when: rollout.AfterPromotion, fails: always})),
		"gate-held-then-passed": meshed(promoted, event{heldAtGate, promoteStep}).with(gated(
			&gate{name: "board", when: rollout.BeforePromotion, fails: always, holds: true})),
		"gate-held-then-aborted": meshed(undone, event{heldAtGate, abort}).with(gated(
			&gate{name: "board", when: rollout.BeforePromotion, fails: always, holds: true})),
		"gate-freezes-then-passed": meshed(promoted, event{heldAtGate, promoteStep}).with(func(w *world) {
			freeze(w)
			gated(&gate{name: "load", when: rollout.BeforeStep, fails: func(m rollout.Memo) bool { return m.Weight == 250 }})(w)
		}),
		"gate-waits-promote-full": meshed(promoted, event{atGate, promoteFull}).with(gated(&gate{name: "slow", when: rollout.BeforeStep, takes: time.Hour})),
		"gate-waits-abort":        meshed(undone, event{and(atGate, weight(25)), abort}).with(gated(&gate{name: "slow", when: rollout.BeforeStep, takes: 40 * time.Second, job: true})),
		"gate-waits-superseded":   meshed(replaced, event{and(atGate, weight(25)), push("v3")}).with(gated(&gate{name: "slow", when: rollout.BeforeStep, takes: 20 * time.Second})),
		"gate-waits-crash":        meshed(undone, event{and(atGate, weight(25)), failing}).with(gated(&gate{name: "slow", when: rollout.BeforeStep, takes: 40 * time.Second})),
		"gate-waits-opt-out": {mode: rollout.Istio, pods: 4, events: []event{{at(0), push("v2")}, {and(atGate, weight(25)), optOut}},
			ends: ending{serves: "v2", phase: rollout.Idle}, before: gated(&gate{name: "slow", when: rollout.BeforeStep, takes: time.Minute})},
		"gate-by-ratio": {mode: rollout.Replicas, pods: 10, events: []event{{at(0), push("v2")}}, ends: promoted, before: gated(all()...)},
	}
}

// randomlyGated: some rollouts have gates, and some of these fail.
func randomlyGated(w *world) {
	for _, when := range []rollout.When{rollout.BeforeTraffic, rollout.BeforeStep, rollout.BeforePromotion, rollout.AfterPromotion} {
		if w.rnd.IntN(6) > 0 {
			continue
		}
		g := &gate{name: string(when), when: when, job: w.rnd.IntN(2) == 0, takes: time.Duration(w.rnd.IntN(30)) * time.Second}
		if w.rnd.IntN(3) == 0 {
			g.fails = heavier(rollout.Weight(w.rnd.IntN(1000)))
		}
		w.gates = append(w.gates, g)
	}
}
