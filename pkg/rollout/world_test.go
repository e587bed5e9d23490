// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

var epoch = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// world is a cluster in memory: the target and its canary, the mesh and its
// proxies, a guard, and the controller that is tested. One tick is a second.
type world struct {
	t       testing.TB
	now     time.Time
	rnd     *rand.Rand // nil: actors act in order and readers do not lag
	mode    rollout.Mode
	guard   rollout.Guard
	policy  bool // the guard policy is in force, known or not
	plan    rollout.Plan
	optedIn bool
	gone    bool
	target  *deployment
	canary  *deployment
	mesh    mesh
	meshLog []mesh
	memo    rollout.Memo
	quota   bool // no new pods in the target
	failing bool // the canary's pods crash
	sick    bool // stable's pods are broken from the start
	verdict analysis.Verdict
	problem []rollout.Problem
	asked   bool          // istiod is asked whether proxies follow
	slow    time.Duration // how long istiod takes until it sends proxies what it read
	gates   []*gate
	robot   time.Duration // how often somebody puts the user's routes back; zero: never

	seen    [4]facts // what the API server held at the last ticks, newest first
	lag     [3]int   // of the readers of target, canary and mesh
	ctl     controller
	crashAt int // the controller dies after that write; 0: never
	writes  int
	trace   strings.Builder
	last    string
	decided map[int]bool // rules that decided

	size      int          // what the user wants
	sizes     map[int]bool // everything that was ever wanted
	unnamed   time.Time    // until then somebody's deed explains that subsets are not there
	judged    string       // the template that carried everybody as the canary
	rogue     bool         // templates are let go by others than the controller
	disturbed time.Time    // until then capacity is not the controller's doing
}

// mesh is our DestinationRule and the split of the routes.
type mesh struct {
	subsets string // the stable hash that our DestinationRule names; empty: none
	split   bool
	weight  rollout.Weight

	at, since, subsetsSince, retryAt time.Time

	reverts int
	version int
}

// proxies follow the mesh after these parts of the settle time.
var proxies = []float64{0, 0.5, 0.9}

func newWorld(t testing.TB, mode rollout.Mode, n int) *world {
	t.Helper()
	w := &world{t: t, now: epoch, mode: mode, guard: rollout.GuardPolicy, policy: true, optedIn: true, size: n,
		verdict: analysis.NoChecks(), decided: map[int]bool{}, sizes: map[int]bool{n: true}}
	w.plan = plan(5, 25, 50, 100)
	stable := &set{template: "v1", desired: n}
	for range n {
		stable.pods = append(stable.pods, &pod{ready: epoch})
	}
	w.target = &deployment{template: "v1", replicas: n, scaled: n, sets: []*set{stable}}
	w.memo = rollout.Memo{UID: "u", Stable: "v1"}
	w.mesh.at, w.mesh.since, w.mesh.subsetsSince = epoch.Add(-time.Hour), epoch.Add(-time.Hour), epoch.Add(-time.Hour)
	w.meshLog = []mesh{w.mesh}
	for i := range w.seen {
		w.seen[i] = w.look()
	}
	return w
}

func plan(weights ...int) rollout.Plan {
	p := rollout.Plan{Hold: 10 * time.Second, Deadline: 60 * time.Second, Settle: 5 * time.Second, Traffic: rollout.Auto}
	for _, w := range weights {
		p.Steps = append(p.Steps, rollout.Step{Weight: rollout.Weight(10 * w), Hold: p.Hold})
	}
	return p
}

// tick lets everybody act once, and checks what must hold at every instant.
func (w *world) tick() {
	w.t.Helper()
	actors := []func(){w.deployments, w.replicaSets, w.fight, w.control}
	if w.rnd != nil {
		w.rnd.Shuffle(len(actors), func(i, j int) { actors[i], actors[j] = actors[j], actors[i] })
		for i := range w.lag {
			w.lag[i] = min(w.lag[i]+1, w.rnd.IntN(3)) // a reader never goes back in time
		}
	}
	for _, act := range actors {
		act()
	}
	w.check()
	w.now = w.now.Add(time.Second)
	copy(w.seen[1:], w.seen[:])
	w.seen[0] = w.look()
}

// idle reports whether an actor misses its turn.
func (w *world) idle() bool { return w.rnd != nil && w.rnd.IntN(3) == 0 }

func (w *world) deployments() {
	if !w.idle() && !w.gone {
		w.target.turn(w.now)
	}
	if w.canary != nil && !w.idle() {
		w.canary.turn(w.now)
	}
}

func (w *world) replicaSets() {
	if w.idle() {
		return
	}
	for _, r := range w.target.sets {
		r.turn(w.now, w.quota)
	}
	if w.canary != nil {
		for _, r := range w.canary.sets {
			r.turn(w.now, false)
		}
	}
}

// fight is a robot that puts the user's routes back.
func (w *world) fight() {
	if w.robot == 0 || w.plan.Paused || len(w.problem) > 0 || w.mesh.reverts == 2 || !w.mesh.split || w.now.Sub(w.mesh.at) < w.robot {
		return
	}
	back := 30 * time.Second << min(w.mesh.reverts, 3)
	w.mesh.reverts++
	w.mesh.split, w.mesh.weight, w.mesh.retryAt = false, 0, w.now.Add(back)
	w.routed()
	w.disturb(back + 30*time.Second)
	w.say("a robot puts the user's routes back")
}

// routed notes that the routes changed just now.
func (w *world) routed() {
	w.mesh.version++
	w.mesh.since, w.mesh.at = w.now, w.now
	w.meshLog = append(w.meshLog, w.mesh)
}

// view is the mesh as a proxy follows it.
func (w *world) view(part float64) mesh {
	lag := w.slow + time.Duration(part*float64(w.plan.Settle))
	for i := len(w.meshLog) - 1; i > 0; i-- {
		if !w.meshLog[i].at.After(w.now.Add(-lag)) {
			return w.meshLog[i]
		}
	}
	return w.meshLog[0]
}

// say adds a line of somebody else to the transcript.
func (w *world) say(format string, args ...any) {
	fmt.Fprintf(&w.trace, "%6s  > %s\n", w.now.Sub(epoch), fmt.Sprintf(format, args...))
	w.last = ""
}

func (w *world) disturb(d time.Duration) {
	if until := w.now.Add(d); until.After(w.disturbed) {
		w.disturbed = until
	}
}

// What people do.

func (w *world) push(template string) {
	w.say("template %s", template)
	if template != w.target.template && w.optedIn && w.policy {
		w.target.paused = true
	}
	w.target.template = template
	w.target.written()
}

func (w *world) scaleTo(n int) {
	w.say("scaled to %d", n)
	w.size, w.sizes[n] = n, true
	w.target.replicas = n
	w.target.written()
	w.disturb(90 * time.Second)
}

func (w *world) annotate(say string, change func(*rollout.Plan)) {
	w.say("%s", say)
	change(&w.plan)
	w.target.version++
}

// lose ends n pods of a Deployment without warning.
func (w *world) lose(d *deployment, n int) {
	w.say("%d pods lost", n)
	w.disturb(90 * time.Second)
	for _, r := range d.sets {
		for _, p := range r.pods {
			if n > 0 && p.gone.IsZero() {
				p.gone = w.now
				n--
			}
		}
	}
}
