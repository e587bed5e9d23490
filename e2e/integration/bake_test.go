// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// baked opens an app of four pods whose rollouts bake for a time.
func baked(t *testing.T, s *controller, meshed bool, bake string) *shop {
	t.Helper()
	p := newShop(t, shared, s)
	if meshed {
		p.mesh()
	}
	return p.open(4, with(quick, "serin.dev/bake", bake))
}

// bothModes runs a test for each way of moving traffic.
func bothModes(t *testing.T, test func(t *testing.T, meshed bool)) {
	t.Helper()
	for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			test(t, meshed)
		})
	}
}

func TestABakeEndsInThePromotion(t *testing.T) {
	t.Parallel()
	bothModes(t, func(t *testing.T, meshed bool) {
		t.Helper()
		const bake = 2 * time.Second
		p := baked(t, everyones.take(t), meshed, bake.String())
		p.deploy("v2")
		p.promoted("v2")
		p.recorded(1, "Promoted", "NewTemplate", "StepPassed", "StepPassed", "StepPassed", "Baking", "AllStepsPassed", "Promoted")
		p.bakedFor(bake)
		p.keptWarm(meshed)
		p.neverBelow(4)
		p.templateIsTheUsers("v1", "v2")
		if meshed {
			p.neverBeyondCapacity()
			p.weights(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
		}
	})
}

func TestAFailureInABakeReturnsEverybody(t *testing.T) {
	t.Parallel()
	for name, befall := range map[string]struct {
		deed   func(*shop)
		reason string
	}{
		"a person":  {func(p *shop) { p.annotate("abort", "true") }, "AbortRequested"},
		"a restart": {(*shop).restarts, "RestartsExceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bothModes(t, func(t *testing.T, meshed bool) {
				t.Helper()
				s := everyones.take(t)
				p := baked(t, s, meshed, "1h")
				p.deploy("v2")
				p.baking()
				from := s.Count()
				befall.deed(p)
				p.rolledBack("v1", befall.reason)
				p.keptWarm(meshed)
				p.neverBelow(4)
				p.templateIsTheUsers("v1", "v2")
				if meshed {
					p.neverBeyondCapacity()
					p.weights(journal.Untouched, 0, 250, 500, 1000, 0, journal.Untouched)
					if writes := s.Since(from, p.routed); len(writes) != 2 { // everybody back, and at the end the routes as they were
						t.Errorf("the routes were written %d times: %v", len(writes), writes)
					}
				}
			})
		})
	}
}

// A controller that is killed in a bake goes on with it: the next one neither begins it again nor skips it.
func TestABakeOutlivesItsController(t *testing.T) {
	onItsOwn(t)
	for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
		t.Run(mode, func(t *testing.T) {
			s := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
			p := baked(t, s, meshed, "1h")
			p.patience = 2 * time.Minute
			p.deploy("v2")
			words := p.baking()
			for range 2 {
				s.Kill()
				if err := s.Start(); err != nil {
					t.Fatal(err)
				}
				p.annotate("pause", "true") // so that the next controller is seen to have looked
				p.saying("Unknown", "PauseRequested")
				p.annotate("pause", "")
				if again := p.baking(); again != words {
					t.Errorf("it bakes on with %q, and said %q", again, words)
				}
			}
			s.Kill()
			p.annotate("bake", "1s") // which is over by now
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			p.promoted("v2")
			p.bakedFor(time.Second)
			p.keptWarm(meshed)
			p.neverBelow(4)
		})
	}
}

// baking waits until the rollout bakes, and gives the controller's words.
func (p *shop) baking() string {
	p.Helper()
	v := p.saying("Unknown", "Baking")
	if m := v.Memo(p.name); m.Weight != 1000 || !m.Baking() {
		p.Errorf("the memo says %+v", m)
	}
	return v.Condition(p.name).Message
}

// bakedFor asserts that there was one bake, and that the promotion began no earlier than its length after it.
func (p *shop) bakedFor(least time.Duration) {
	p.Helper()
	var began, promoted time.Time
	p.Replay(func(_ journal.Entry, v journal.View) {
		m := v.Memo(p.name)
		if m.Baking() && !began.IsZero() && !m.Bake.Equal(began) {
			p.Errorf("a bake that began at %s began again at %s", began, m.Bake)
		}
		switch {
		case m.Baking():
			began = m.Bake
		case m.Promoting && promoted.IsZero():
			promoted = m.Since
		}
	})
	if began.IsZero() || promoted.Sub(began) < least {
		p.Errorf("it baked from %s to %s, and should have for %s", began, promoted, least)
	}
}

// keptWarm asserts what a bake keeps for a return: in the mesh all of stable's pods, by the ratio of pods the one that the
// last step leaves.
func (p *shop) keptWarm(meshed bool) {
	p.Helper()
	least := 1
	if meshed {
		least = 4
	}
	bakes := p.InBake(p.name, func(e journal.Entry, v journal.View) {
		if _, own := v.Ready(p.name); own < least {
			p.Errorf("at %d: %d of stable's pods are ready in a bake, and should be %d", e.Version, own, least)
		}
	})
	if !bakes {
		p.Error("there was no bake")
	}
}

// weights asserts which weights the routes had, one after the other.
func (p *shop) weights(want ...int) {
	p.Helper()
	if weights, err := p.Weights(p.name); err != nil || !slices.Equal(weights, want) {
		p.Errorf("the weights were %v (%v), want %v", weights, err, want)
	}
}

// restarts has a container of the canary restart, as a kubelet would tell.
func (p *shop) restarts() {
	p.Helper()
	v, _ := p.Now()
	for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
		if !journal.IsCanary(pod) {
			continue
		}
		container := pod.Status.ContainerStatuses[0]
		patch := fmt.Appendf(nil, `[{"op":"replace","path":"/status/containerStatuses/0/restartCount","value":%d}]`, container.RestartCount+1)
		_, err := p.api.CoreV1().Pods(p.namespace).Patch(p.Context(), pod.Name, types.JSONPatchType, patch, metav1.PatchOptions{}, "status")
		p.mustDo(err)
		return
	}
	p.Fatal("there is no canary pod")
}
