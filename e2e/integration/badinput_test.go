// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// mistake is something that a person has to put right before a rollout moves.
type mistake struct {
	make   func(p *shop) // the app and its Service, wrong, or about to be
	deploy func(p *shop) // where the new version brings the mistake with it
	fix    func(p *shop)
	reason string
	words  []string // what condition and Event say
}

var mistakes = map[string]mistake{
	"several annotations": {
		reason: "InvalidAnnotations",
		words: []string{"weight 25 comes after 50; weights must rise", `"abc" is not a weight`, `serin.dev/hold: "5" is not a duration`, "5s or 5m",
			`serin.dev/dedline: unknown annotation; did you mean serin.dev/deadline?`, `serin.dev/max-restarts: "many"`},
		make: func(p *shop) {
			p.sell(with(quick, "serin.dev/steps", "50,25,abc", "serin.dev/hold", "5", "serin.dev/dedline", "1m", "serin.dev/max-restarts", "many"))
			p.serve(serviceOf(p.name))
		},
		fix: func(p *shop) {
			p.patch(types.MergePatchType, `{"metadata":{"annotations":{"serin.dev/steps":"25,50,100","serin.dev/hold":"300ms",`+
				`"serin.dev/dedline":null,"serin.dev/max-restarts":"3"}}}`)
		},
	},
	"a strategy that leaves no room": {
		reason: "UnsupportedStrategy", words: []string{"Recreate", "RollingUpdate"},
		make: func(p *shop) {
			d := deploymentOf(p.name, 2, quick)
			d.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType
			p.create(d)
			p.serve(serviceOf(p.name))
		},
		fix: func(p *shop) {
			p.patch(types.MergePatchType, `{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":null}}}`)
		},
	},
	"a volume for one": {
		reason: "ExclusiveVolume", words: []string{"PersistentVolumeClaim data", "ReadWriteOnce", "ReadWriteMany"},
		make: func(p *shop) {
			p.sell(quick)
			p.serve(serviceOf(p.name))
			p.claim(corev1.ReadWriteOnce)
		},
		deploy: func(p *shop) { p.mounting(`"persistentVolumeClaim":{"claimName":"data"}`) },
		fix:    func(p *shop) { p.mounting(`"emptyDir":{},"persistentVolumeClaim":null`) },
	},
	"a volume that is missing": {
		reason: "ExclusiveVolume", words: []string{"PersistentVolumeClaim data", "does not exist"},
		make: func(p *shop) {
			p.sell(quick)
			p.serve(serviceOf(p.name))
		},
		deploy: func(p *shop) { p.mounting(`"persistentVolumeClaim":{"claimName":"data"}`) },
		fix:    func(p *shop) { p.claim(corev1.ReadWriteMany) },
	},
	"no Service": {
		reason: "ServiceMissing", words: []string{"no Service", "serin.dev/service"},
		make: func(p *shop) { p.sell(quick) },
		fix:  func(p *shop) { p.serve(serviceOf(p.name)) },
	},
	"a Service that is named and missing": {
		reason: "ServiceMissing", words: []string{"Service other does not exist"},
		make: func(p *shop) {
			p.sell(with(quick, "serin.dev/service", "other"))
			p.serve(serviceOf(p.name))
		},
		fix: func(p *shop) { p.annotate("service", p.name) },
	},
	"two Services": {
		reason: "ServiceAmbiguous", words: []string{"shop, shop-internal", "serin.dev/service: shop"},
		make: func(p *shop) {
			p.sell(quick)
			p.serve(serviceOf(p.name))
			p.serve(renamed(serviceOf(p.name), "shop-internal"))
		},
		fix: func(p *shop) { p.annotate("service", p.name) },
	},
	"a headless Service": {
		reason: "ServiceUnsupported", words: []string{"Service shop is headless"},
		make: func(p *shop) {
			p.sell(quick)
			service := serviceOf(p.name)
			service.Spec.ClusterIP = corev1.ClusterIPNone
			p.serve(service)
		},
		fix: func(p *shop) {
			p.mustDo(p.api.CoreV1().Services(p.namespace).Delete(p.Context(), p.name, metav1.DeleteOptions{}))
			p.serve(serviceOf(p.name))
		},
	},
	"a Service without selector": {
		reason: "ServiceUnsupported", words: []string{"Service shop has no selector"},
		make: func(p *shop) {
			p.sell(with(quick, "serin.dev/service", p.name))
			service := serviceOf(p.name)
			service.Spec.Selector = nil
			p.serve(service)
		},
		fix: func(p *shop) { p.repair(`{"spec":{"selector":{"app":"shop"}}}`) },
	},
	"a Service of others": {
		reason: "ServiceUnsupported", words: []string{"Service shop does not select the pods"},
		make: func(p *shop) {
			p.sell(with(quick, "serin.dev/service", p.name))
			service := serviceOf(p.name)
			service.Spec.Selector = map[string]string{"app": "other"}
			p.serve(service)
		},
		fix: func(p *shop) { p.repair(`{"spec":{"selector":{"app":"shop"}}}`) },
	},
	"a Deployment with the canary's name": {
		reason: "NameTaken", words: []string{"Deployment shop-canary exists and is not Serin's"},
		make: func(p *shop) {
			p.create(deploymentOf(p.name+"-canary", 1, nil))
			p.sell(quick)
			p.serve(serviceOf(p.name))
		},
		fix: func(p *shop) { p.discard(p.name + "-canary") },
	},
}

func TestAMistakeMovesNothing(t *testing.T) {
	t.Parallel()
	for name, m := range mistakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newShop(t, shared, everyones.take(t)).mesh()
			m.make(p)
			p.adopted()
			if m.deploy == nil { // it is there before anything is to move
				p.toldOf("True", m)
				p.deploy("v2")
			} else {
				m.deploy(p)
			}
			p.toldOf("Unknown", m)
			from := p.lastSeen()
			p.stoodStill(from)
			m.fix(p)
			p.promoted("v2")
			p.stoodStill(from)
		})
	}
}

// toldOf waits for condition and Warning Event to say all that is wrong.
func (p *shop) toldOf(status string, m mistake) {
	p.Helper()
	v := p.saying(status, m.reason)
	for _, words := range m.words {
		if c := v.Condition(p.name); !strings.Contains(c.Message, words) {
			p.Errorf("the condition does not say %q: %s", words, c.Message)
		}
	}
	p.await("a Warning Event", func(v journal.View) string {
		for _, e := range v.Story(p.name) {
			if e.Type == corev1.EventTypeWarning && e.Reason == m.reason && containsAll(e.Note, m.words) {
				return ""
			}
		}
		return fmt.Sprintf("none says %q with the reason %s", m.words, m.reason)
	})
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// lastSeen is the newest version that the journal knows.
func (p *shop) lastSeen() (version int64) {
	p.Replay(func(e journal.Entry, _ journal.View) { version = max(version, e.Version) })
	return version
}

// stoodStill asserts that up to the version nothing of a rollout was there: no canary, no split, no pod of the new template.
func (p *shop) stoodStill(until int64) {
	p.Helper()
	p.Replay(func(e journal.Entry, v journal.View) {
		if e.Version > until || e.Gone {
			return
		}
		switch e.Kind {
		case "DestinationRule":
			p.Errorf("at %d: there is DestinationRule %s", e.Version, e.Name)
		case "VirtualService":
			if problem := p.touched(v); problem != "" {
				p.Errorf("at %d: %s", e.Version, problem)
			}
		case "Deployment":
			if d := v.Deployment(e.Name); d.Labels["app.kubernetes.io/managed-by"] == "serin" {
				p.Errorf("at %d: there is canary Deployment %s", e.Version, e.Name)
			}
		case "Pod":
			pod := journal.Get[*corev1.Pod](v, "Pod", e.Name)
			if image := pod.Spec.Containers[0].Image; journal.IsCanary(pod) || !strings.HasSuffix(image, ":v1") {
				p.Errorf("at %d: there is pod %s of %s", e.Version, e.Name, image)
			}
		}
	})
}
