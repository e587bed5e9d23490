// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// While no controller runs, the API server itself holds a changed template.
func TestATemplateChangedWithoutAController(t *testing.T) {
	onItsOwn(t)
	s := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
	shops := []*shop{newShop(t, shared, s).mesh().open(2, quick), newShop(t, shared, s).open(2, quick)}
	s.Kill()
	unknown := newShop(t, shared, s).mesh()
	unknown.sell(quick)
	unknown.serve(serviceOf(unknown.name))
	unknown.running("v1", 2)
	shops = append(shops, unknown)
	for _, p := range shops {
		p.deploy("v2")
	}
	held := map[*shop]int64{}
	for _, p := range shops {
		p.heldBack("v1")
		held[p] = p.lastSeen()
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	for _, p := range shops {
		p.promoted("v2")
		p.stoodStill(held[p])
		p.neverBelow(2)
		p.templateIsTheUsers("v1", "v2")
	}
}

// running waits until so many pods of a version serve, whoever looks after them.
func (p *shop) running(version string, number int) {
	p.Helper()
	p.await(version+" to run", func(v journal.View) string {
		images := v.Images(p.name, registry)
		if d := v.Deployment(p.name); d == nil || len(images) != 1 || images[p.name+":"+version] != number || int(d.Status.AvailableReplicas) != number {
			return fmt.Sprintf("the pods are %v", images)
		}
		return ""
	})
}

// heldBack waits until the Deployment controller has seen the last change, and asserts that it made nothing of it.
func (p *shop) heldBack(stable string) {
	p.Helper()
	v := p.await("the Deployment controller to look", func(v journal.View) string {
		if d := v.Deployment(p.name); d.Status.ObservedGeneration < d.Generation {
			return fmt.Sprintf("it has seen generation %d of %d", d.Status.ObservedGeneration, d.Generation)
		}
		return ""
	})
	if !v.Deployment(p.name).Spec.Paused {
		p.Error("the Deployment is not paused")
	}
	for _, set := range journal.All[*appsv1.ReplicaSet](v, "ReplicaSet") {
		if image := set.Spec.Template.Spec.Containers[0].Image; !strings.HasSuffix(image, ":"+stable) {
			p.Errorf("there is ReplicaSet %s of %s", set.Name, image)
		}
	}
}

// A Deployment that is opted in while it rolls is left to its own rollout first.
func TestOptInDuringANativeRollout(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh()
	p.sell(nil)
	p.serve(serviceOf(p.name))
	p.running("v1", 2)
	p.deploy("v2-slow-3s")
	p.await("the native rollout", func(v journal.View) string {
		if v.Images(p.name, registry)["shop:v2-slow-3s"] == 0 {
			return "it has not begun"
		}
		return ""
	})
	p.optIn(imageOf(p.name, "v2-slow-3s"))
	p.running("v2-slow-3s", 2)
	p.adopted()
	from := p.lastSeen()
	p.Replay(func(e journal.Entry, v journal.View) {
		if d := v.Deployment(p.name); e.Version <= from && d != nil && d.Spec.Paused {
			p.Errorf("at %d: the native rollout is paused", e.Version)
		}
		if e.Version <= from && v.Deployment(p.name+"-canary") != nil {
			p.Errorf("at %d: there is a canary", e.Version)
		}
	})
	p.deploy("v3")
	p.promoted("v3")
	p.told("UpToDate", "NewTemplate", "StepPassed", "StepPassed", "StepPassed", "AllStepsPassed", "Promoted")
}

// A third version in the same write is held, and what rolled until then is taken back: it was never judged.
func TestOptInDuringANativeRolloutWithAThirdVersion(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh()
	p.sell(nil)
	p.serve(serviceOf(p.name))
	p.running("v1", 2)
	p.deploy("v2-never-ready")
	p.await("the native rollout", func(v journal.View) string {
		if v.Images(p.name, registry)["shop:v2-never-ready"] == 0 {
			return "it has not begun"
		}
		return ""
	})
	p.optIn(imageOf(p.name, "v3"))
	p.promoted("v3")
	p.neverBelow(2)
	p.neverBeyondCapacity()
}

func imageOf(name, version string) string { return registry + name + ":" + version }

// optIn opts in and wants an image, in one write.
func (p *shop) optIn(image string) {
	p.Helper()
	var keys []string
	for key, value := range quick {
		keys = append(keys, fmt.Sprintf("%q:%q", key, value))
	}
	p.patch(types.StrategicMergePatchType, fmt.Sprintf(
		`{"metadata":{"annotations":{%s}},"spec":{"template":{"spec":{"containers":[{"name":"app","image":%q}]}}}}`, strings.Join(keys, ","), image))
}

func TestNoReplicas(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meshed bool
		from   int // tenths of a percent of a rollout under way; 0 is at rest
	}{
		"in the mesh, at rest":     {true, 0},
		"in the mesh, at 25%":      {true, 250},
		"by pod ratio, at rest":    {false, 0},
		"by pod ratio, at 50%":     {false, 500},
		"in the mesh, at 100%":     {true, 1000},
		"by pod ratio, at 100%":    {false, 1000},
		"in the mesh, before any":  {true, journal.Untouched},
		"by pod ratio, before any": {false, journal.Untouched},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newShop(t, shared, everyones.take(t))
			if test.meshed {
				p.mesh()
			}
			p.open(2, with(quick, "serin.dev/steps", "25:pause,50:pause,100:pause"))
			switch test.from {
			case 0:
				p.scale(0)
				p.deploy("v2")
			case journal.Untouched:
				p.deploy("v2-never-ready")
				p.pods(1)
				p.scale(0)
				p.deploy("v2")
			default:
				p.climb(test.from)
				p.scale(0)
			}
			p.saying("Unknown", "NoReplicas")
			p.warned("NoReplicas")
			p.await("nothing to run", func(v journal.View) string {
				if images := v.Images(p.name, registry); len(images) > 0 {
					return fmt.Sprintf("the pods are %v", images)
				}
				return ""
			})
			p.annotate("steps", "25,50,100")
			p.scale(3)
			p.promoted("v2")
			if test.meshed {
				p.neverBeyondCapacity()
			}
		})
	}
}
