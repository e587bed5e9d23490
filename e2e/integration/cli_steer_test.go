// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"encoding/json"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/serin-dev/serin/e2e/internal/serin"
)

// Deployment is the app as it was last seen.
func (p *shop) Deployment() *appsv1.Deployment {
	v, _ := p.Now()
	return v.Deployment(p.name)
}

func TestCLIOrders(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow("serin.dev/steps", "25:1h,50:pause,100"))
	p.command("abort", "shop").ends(1, "nothing to abort")
	p.deploy("v2")
	p.at(250)
	p.command("approve", "shop", "50").ends(1, "the step under way is at 25%")
	p.command("pause", "shop").ends(0, "It stands still")
	p.command("resume", "shop").ends(0, "It goes on")
	p.command("promote", "shop").ends(0, "The step at 25% is passed")
	p.at(500)
	p.command("status", "shop").ends(0, "Progressing at 50%", "VirtualService "+p.namespace+"/shop: 50%", "stable: ReplicaSet shop-", "canary: Deployment shop-canary")
	p.command("list").ends(0, "shop", "2/3", "50%")
	p.command("abort", "shop").ends(0, "It goes back to stable")
	p.rolledBack("v1", "AbortRequested")
	p.command("retry", "shop").ends(0, "A new rollout has begun")
	p.at(250)
	p.command("promote", "shop", "--full").ends(0, "waived")
	p.command("status", "shop", "--wait", "--timeout", "1m").ends(0, "Promoted")
	p.promoted("v2")
}

// Two people approve one step at the same time: it is passed once, and the next one still waits.
func TestCLITwoPeople(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(4, slow("serin.dev/steps", "25:pause,50:pause,75:pause,100"))
	p.deploy("v2")
	p.at(250)
	people := []*process{p.command("approve", "shop", "25"), p.command("approve", "shop", "25"), p.command("approve", "shop", "25")}
	passed := 0
	for _, one := range people {
		<-one.done
		if one.cmd.ProcessState.ExitCode() == 0 {
			passed++
		} else if !strings.Contains(one.said(), "at 50%") && !strings.Contains(one.said(), "passed already") {
			t.Errorf("one was told\n%s", one.said())
		}
	}
	if passed == 0 {
		t.Error("nobody's word counted")
	}
	p.at(500)
	p.saying("Unknown", "StepPaused", "StepPassed")
	// One goes on and one goes back: the rollout ends rolled back or goes on, and nobody is told what did not happen.
	on, back := p.command("promote", "shop"), p.command("abort", "shop")
	back.ends(0, "It goes back to stable")
	<-on.done
	p.rolledBack("v1", "AbortRequested")
}

func TestCLIUndo(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	p.command("undo", "shop").ends(0, "wants what stable runs already")
	p.deploy("v2")
	p.at(250)
	p.command("undo", "shop", "--timeout", "1m").ends(0, "wants again what stable runs", "nothing of the rollout is left")
	p.promoted("v1")
	p.deploy("v2")
	p.at(250)
	p.annotate("abort", "true")
	p.rolledBack("v1", "AbortRequested")
	p.command("undo", "shop", "--timeout", "1m").ends(0, "nothing of the rollout is left")
	p.promoted("v1")
}

// While nobody has seen the new template, an older word does not count.
func TestCLIWaitsHonestly(t *testing.T) {
	onItsOwn(t)
	s := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
	p := newShop(t, shared, s).mesh().open(2, quick)
	s.Kill()
	p.deploy("v2")
	p.isTrueStill()
	p.command("status", "shop", "--wait", "--timeout", "3s").ends(2, "neither promoted nor rolled back")
	p.command("list").ends(0, "(held)")
	p.command("abort", "shop", "--timeout", "2s").ends(2, "the controller has not answered")
	p.annotate("abort", "")
	waits := p.command("status", "shop", "--wait", "--timeout", "1m")
	lines := p.command("status", "shop", "-w", "--wait", "-o", "json")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	waits.ends(0, "Promoted")
	objects := strings.Split(strings.TrimSpace(lines.ends(0)), "\n")
	var last struct{ Outcome, Phase string }
	if err := json.Unmarshal([]byte(objects[len(objects)-1]), &last); err != nil || last.Outcome != "promoted" || len(objects) < 3 {
		t.Errorf("of %d objects the last says %+v, %v", len(objects), last, err)
	}
}

// isTrueStill asserts that the condition speaks of the version before.
func (p *shop) isTrueStill() {
	p.Helper()
	v, _ := p.Now()
	if missing := p.isPromoted(v); missing != "" {
		p.Fatal(missing)
	}
}

func TestCLIDoctor(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, quick)
	said := p.command("doctor").endsAnyhow( // whether another test's controller keeps the lease is its affair
		"policy: the API server itself holds a changed template",
		"14 admission policies keep system:serviceaccount:serin-system:serin", "system:serviceaccount:serin-system:serin has all", "Istio's API is served",
		"traffic moves by Istio weights, through Service shop", "lease")
	if strings.Contains(said, "ServiceAmbiguous") {
		t.Error("one Service is taken for several")
	}
	second := serviceOf("second")
	second.Spec.Selector = map[string]string{"app": "shop"}
	p.serve(second)
	p.command("doctor").ends(1, "ServiceAmbiguous", "serin.dev/service")
	door := newProxy(t, shared, shared.token) // the controller's account needs no budgets
	p.commandThrough(door.Kubeconfig, "doctor").ends(1, "you need: list poddisruptionbudgets.policy")
}
