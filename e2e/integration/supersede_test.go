// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
)

// phase is where a rollout is when another template comes.
type phase struct {
	steps string
	until func(p *shop) // it is reached
	gone  bool          // the earlier template never becomes stable
}

var phases = map[string]phase{
	"before any weight": {"25,50,100", func(p *shop) { p.climb(0) }, true},
	"at 25%":            {"25:pause,50:pause,100", func(p *shop) { p.climb(250) }, true},
	"at 50%":            {"25:pause,50:pause,100", func(p *shop) { p.climb(500) }, true},
	"at 100%":           {"25:pause,50:pause,100:pause", func(p *shop) { p.climb(1000) }, true},
	"held by a person": {"25:1h,50:1h,100", func(p *shop) {
		p.deploy("v2")
		p.at(250)
		p.annotate("pause", "true")
		p.saying("Unknown", "PauseRequested")
	}, true},
	"rolling back":             {"25:1h,50:1h,100", func(p *shop) { p.deploy("v2"); p.at(250); p.annotate("abort", "true") }, true},
	"rolled back":              {"25,50,100", func(p *shop) { p.deploy("v2-crash"); p.rolledBack("v1", "CrashLoop") }, true},
	"let go":                   {"25,50,100", func(p *shop) { p.deploy("v2"); p.letGo(0) }, false},
	"promoting":                {"25,50,100", func(p *shop) { p.deploy("v2-slow-1s"); p.letGo(1) }, false},
	"promoted, not cleared up": {"25,50,100", func(p *shop) { p.deploy("v2"); p.served() }, false},
}

// A new template during a rollout: it is judged from the start, and nothing that was not judged serves as stable.
func TestAnotherTemplateInEachPhase(t *testing.T) {
	t.Parallel()
	for name, phase := range phases {
		for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newShop(t, shared, everyones.take(t))
				if meshed {
					p.mesh()
				}
				p.open(4, with(quick, "serin.dev/steps", phase.steps))
				if !phase.gone {
					p.holdOn(name)
				}
				phase.until(p)
				p.deploy("v3")
				p.annotate("pause", "")
				p.annotate("steps", "50,100")
				p.promoted("v3")
				p.judgedFirst("v3")
				p.neverBelow(4)
				if phase.gone {
					p.neverStable("v2", "v2-crash", "v2-never-ready")
				}
				if meshed {
					p.neverBeyondCapacity()
				}
			})
		}
	}
}

// holdOn has the controller wait, in the phase, until the person has changed the template.
func (p *shop) holdOn(phase string) {
	p.serin.Decide(p.namespace, func(c apiproxy.Call) apiproxy.Fate {
		v, _ := p.Now()
		image := v.Deployment(p.name).Spec.Template.Spec.Containers[0].Image
		in := v.Memo(p.name).Promoting
		if phase == "promoted, not cleared up" {
			in = p.isServed(v) == ""
		}
		if p.moves(c) && in && !strings.HasSuffix(image, ":v3") {
			return apiproxy.Fails // for as long as that lasts
		}
		return apiproxy.Passes
	})
}

// letGo waits until the target is promoted and has so many pods of the new template.
func (p *shop) letGo(pods int) {
	p.Helper()
	p.await("the promotion", func(v journal.View) string {
		own := 0
		for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
			if !journal.IsCanary(pod) && pod.Spec.Containers[0].Image == v.Deployment(p.name).Spec.Template.Spec.Containers[0].Image {
				own++
			}
		}
		if m := v.Memo(p.name); !m.Promoting || own < pods {
			return fmt.Sprintf("the memo says %+v, and %d pods are new", m, own)
		}
		return ""
	})
}

// served waits until the target serves everybody by itself, with the canary still there.
func (p *shop) served() {
	p.Helper()
	p.await("a target that serves by itself", p.isServed)
}

// isServed: in the mesh the routes are the user's again; by the ratio of pods note was taken.
func (p *shop) isServed(v journal.View) string {
	m := v.Memo(p.name)
	if m.Ending == "finished" {
		return ""
	}
	weight := 0
	if routes := v.Routes(p.name); routes != nil {
		weight, _ = journal.WeightIn(routes)
	}
	if !m.Promoting || weight != -1 {
		return fmt.Sprintf("the memo says %+v, and the weight is %d", m, weight)
	}
	return ""
}

// neverStable asserts that none of the versions ever ran in the target's own pods.
func (p *shop) neverStable(versions ...string) {
	p.Helper()
	p.Replay(func(e journal.Entry, v journal.View) {
		pod := journal.Get[*corev1.Pod](v, e.Kind, e.Name)
		if pod == nil || journal.IsCanary(pod) {
			return
		}
		for _, version := range versions {
			if strings.HasSuffix(pod.Spec.Containers[0].Image, ":"+version) {
				p.Errorf("at %d: pod %s of the target runs %s, which was superseded", e.Version, e.Name, version)
			}
		}
	})
}

// judgedFirst asserts that the target ran a version only after the canary had run it with all of its steps passed.
func (p *shop) judgedFirst(version string) {
	p.Helper()
	judged := false
	p.Replay(func(e journal.Entry, v journal.View) {
		if canary := v.Deployment(p.name + "-canary"); canary != nil && v.Memo(p.name).Weight == 1000 {
			judged = judged || strings.HasSuffix(canary.Spec.Template.Spec.Containers[0].Image, ":"+version)
		}
		pod := journal.Get[*corev1.Pod](v, e.Kind, e.Name)
		if pod != nil && !journal.IsCanary(pod) && !judged && strings.HasSuffix(pod.Spec.Containers[0].Image, ":"+version) {
			p.Errorf("at %d: pod %s of the target runs %s, which was not judged", e.Version, e.Name, version)
		}
	})
}

// A template that is changed in the same instant as the promotion is not promoted with it.
func TestATemplateInTheInstantOfPromotion(t *testing.T) {
	t.Parallel()
	for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
		for name, last := range map[string]string{"a bad one": "v3-crash", "a good one": "v3", "the old one": "v1"} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newShop(t, shared, everyones.take(t))
				if meshed {
					p.mesh()
				}
				p.open(4, quick)
				once := sync.OnceFunc(func() { p.deploy(last) })
				p.serin.Decide(p.namespace, func(c apiproxy.Call) apiproxy.Fate {
					if c.Resource == "deployments" && c.Name == p.name && strings.Contains(c.Body, `"paused":`) {
						once()
					}
					return apiproxy.Passes
				})
				p.deploy("v2")
				switch last {
				case "v3-crash":
					p.rolledBack("v1", "CrashLoop")
				default:
					p.promoted(last)
					p.judgedOrOld(last)
				}
				p.neverStable("v2", "v3-crash")
				p.neverBelow(4)
			})
		}
	}
}

func (p *shop) judgedOrOld(version string) {
	p.Helper()
	if version != "v1" {
		p.judgedFirst(version)
	}
}

// A template that is put back to what stable runs cancels the rollout at once.
func TestATemplatePutBack(t *testing.T) {
	t.Parallel()
	for name, weight := range map[string]int{"before any weight": 0, "at 25%": 250, "at 50%": 500, "at 100%": 1000} {
		for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newShop(t, shared, everyones.take(t))
				if meshed {
					p.mesh()
				}
				p.open(4, with(quick, "serin.dev/steps", "25:pause,50:pause,100:pause"))
				p.climb(weight)
				p.deploy("v1")
				p.promoted("v1")
				p.neverStable("v2", "v2-never-ready")
				p.neverBelow(4)
				if meshed {
					p.neverBeyondCapacity()
				}
			})
		}
	}
}
