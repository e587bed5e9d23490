// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"github.com/serin-dev/serin/pkg/rollout"
)

// apply carries a decision out in the one order there is: the target (memo,
// hold, size and commands at once), subsets, routes, ReplicaSets, canary. Every
// write needs the version that was read; the first that fails ends the pass,
// and so does a crash after any of them. It reports whether all was done.
func (w *world) apply(d rollout.Decision, f facts) bool {
	p := pass{w: w, d: d, f: f}
	for _, write := range []func() bool{p.remember, p.subsets, p.routes, p.keep, p.canary, p.gates} {
		if !write() {
			return false
		}
	}
	return true
}

type pass struct {
	w *world
	d rollout.Decision
	f facts
}

// wrote counts a write; false means that the controller died after it.
func (p *pass) wrote() bool {
	p.w.writes++
	if p.w.crashAt > 0 && p.w.writes == p.w.crashAt {
		p.w.say("the controller crashes")
		p.w.restart()
		return false
	}
	return true
}

// onTarget writes to the target, at the version that was read.
func (p *pass) onTarget(write func(*world)) bool {
	if p.w.gone || p.f.target.version != p.w.target.version {
		return false
	}
	write(p.w)
	p.w.target.version++
	p.f.target.version = p.w.target.version
	return p.wrote()
}

// remember writes what is wanted of the target. A memo alone is a write of the
// status; the guard lets a target go only together with one.
func (p *pass) remember() bool {
	seen, memo := p.f.target, p.d.Memo
	if p.d.Forget {
		memo = rollout.Memo{}
	}
	released := p.d.Target == rollout.Released && seen.target.Paused
	spec := released || (p.d.Target == rollout.Held && !seen.target.Paused) ||
		(p.d.Size > 0 && p.d.Size != seen.target.Replicas) || (p.d.Consume && commanded(seen.plan))
	if p.w.gone || (memo == seen.memo && !spec) {
		return true
	}
	return p.onTarget(func(w *world) {
		if spec {
			w.target.generation++
		}
		if p.d.Target == rollout.Held {
			w.target.paused = true
		}
		if released && (memo != w.memo || !w.policy || !w.optedIn) {
			w.target.paused = false
			w.let(w.target.template)
		}
		if p.d.Size > 0 {
			w.target.replicas = p.d.Size
		}
		if p.d.Consume {
			w.plan.Abort, w.plan.Retry, w.plan.Promote = false, false, ""
		}
		w.memo = memo
	})
}

func commanded(p rollout.Plan) bool { return p.Abort || p.Retry || p.Promote != "" }

func (p *pass) onMesh(write func(*mesh)) bool {
	if p.f.mesh.version != p.w.mesh.version {
		return false
	}
	write(&p.w.mesh)
	p.w.mesh.version++
	p.w.mesh.at = p.w.now
	p.w.meshLog = append(p.w.meshLog, p.w.mesh)
	p.f.mesh = p.w.mesh
	return p.wrote()
}

func (p *pass) subsets() bool {
	want := p.f.mesh.subsets
	switch p.d.Subsets {
	case rollout.Present:
		want = p.d.Memo.Stable
	case rollout.Absent:
		want = ""
	case rollout.Leave:
	}
	if want == p.f.mesh.subsets {
		return true
	}
	return p.onMesh(func(m *mesh) { m.subsets, m.subsetsSince = want, p.w.now })
}

func (p *pass) routes() bool {
	split, weight := p.d.Routes == rollout.Present, p.d.Weight
	if p.d.Routes == rollout.Leave || (split == p.f.mesh.split && weight == p.f.mesh.weight) {
		return true
	}
	if weight > p.f.mesh.weight {
		p.w.grows(weight)
	}
	return p.onMesh(func(m *mesh) { m.split, m.weight, m.since = split, weight, p.w.now })
}

func (p *pass) keep() bool {
	if p.d.Keep == "" {
		return true
	}
	if kept := p.w.target.find(p.d.Keep); kept != nil && kept.desired == 0 {
		kept.desired = p.w.target.replicas
		if !p.wrote() {
			return false
		}
	}
	for _, r := range p.w.target.sets {
		if r.template != p.d.Keep && r.desired > 0 {
			r.desired = 0
			if !p.wrote() {
				return false
			}
		}
	}
	return true
}

// canary writes the canary Deployment. One that has pods keeps its template.
func (p *pass) canary() bool {
	c, seen := p.w.canary, p.f.canary
	if p.d.Canary == rollout.Leave || (c == nil) != !seen.canary.Exists || (c != nil && c.version != seen.version) {
		return p.d.Canary == rollout.Leave
	}
	switch {
	case p.d.Canary == rollout.Absent && c == nil:
		return true
	case p.d.Canary == rollout.Absent:
		p.w.shrinks(0)
		p.w.canary = nil
		return p.wrote()
	case c == nil:
		p.w.canary = &deployment{template: p.f.target.template, replicas: p.d.CanaryPods, scaled: p.d.CanaryPods, version: p.w.writes + 1}
		return p.wrote()
	}
	fresh := seen.canary.Desired == 0 && p.d.CanaryPods > 0 && seen.template != p.f.target.template
	if c.replicas == p.d.CanaryPods && !fresh {
		return true
	}
	if p.d.CanaryPods < c.replicas {
		p.w.shrinks(p.d.CanaryPods)
	}
	if fresh {
		c.template = p.f.target.template
	}
	c.replicas = p.d.CanaryPods
	c.written()
	return p.wrote()
}
