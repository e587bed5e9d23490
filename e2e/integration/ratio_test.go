// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// proportion is a rollout by the ratio of pods.
type proportion struct {
	replicas int32
	scaled   bool // by an autoscaler
	with     []string
	version  string
}

var proportions = map[string]proportion{
	"four pods, promoted":                     {4, false, nil, "v2"},
	"four pods, rolled back":                  {4, false, nil, "aborted"},
	"ten pods by the default steps, promoted": {10, false, []string{"serin.dev/steps", ""}, "v2"},
	"one pod, promoted":                       {1, false, nil, "v2"},
	"one pod, rolled back":                    {1, false, nil, "v2-crash"},
	"an autoscaler's size, promoted":          {4, true, nil, "v2"},
	"an autoscaler's size, rolled back":       {4, true, nil, "aborted"},
	"asked for in the mesh, promoted":         {4, false, []string{"serin.dev/traffic", "replicas"}, "v2"},
	"pods that start slowly, promoted":        {3, false, nil, "v2-slow-1s"},
}

func TestARatioRolloutKeepsItsCapacity(t *testing.T) {
	t.Parallel()
	for name, test := range proportions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newShop(t, shared, everyones.take(t))
			if len(test.with) > 0 && test.with[0] == "serin.dev/traffic" {
				p.mesh()
			}
			if test.scaled {
				p.autoscale()
			}
			p.open(test.replicas, with(quick, test.with...))
			switch test.version {
			case "aborted":
				test.version = "v2"
				p.annotate("steps", "25,50:pause,100")
				p.deploy("v2")
				p.paused(500)
				p.annotate("abort", "true")
				p.rolledBack("v1", "AbortRequested")
			case "v2-crash":
				p.deploy(test.version)
				p.rolledBack("v1", "CrashLoop")
			default:
				p.deploy(test.version)
				p.promoted(test.version)
			}
			p.neverBelow(int(test.replicas))
			p.templateIsTheUsers("v1", test.version)
			if test.scaled {
				p.sizeUntouched(test.replicas)
			}
			if v, _ := p.Now(); *v.Deployment(p.name).Spec.Replicas != test.replicas {
				t.Errorf("the target has a size of %d, and had %d", *v.Deployment(p.name).Spec.Replicas, test.replicas)
			}
		})
	}
}

// autoscale creates an autoscaler, which never acts: there are no metrics.
func (p *shop) autoscale() {
	p.Helper()
	scaler := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: p.name},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: p.name},
			MinReplicas:    new(int32(2)), MaxReplicas: 10,
		},
	}
	if _, err := p.api.AutoscalingV2().HorizontalPodAutoscalers(p.namespace).Create(p.Context(), scaler, metav1.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
}

// neverBelow asserts that, once there, so many pods were ready at every instant.
func (p *shop) neverBelow(number int) {
	p.Helper()
	reached, complained := false, false
	p.Replay(func(e journal.Entry, v journal.View) {
		if e.Kind != "Pod" || complained {
			return
		}
		canary, own := v.Ready(p.name)
		reached = reached || canary+own >= number
		if reached && canary+own < number {
			complained = true
			p.Errorf("at %d (%s): %d canary and %d other pods are ready, and there should be at least %d", e.Version, e.Name, canary, own, number)
		}
	})
}

// sizeUntouched asserts that nobody ever changed the size of the target.
func (p *shop) sizeUntouched(size int32) {
	p.Helper()
	p.Replay(func(e journal.Entry, v journal.View) {
		if d := v.Deployment(p.name); e.Kind == "Deployment" && d != nil && *d.Spec.Replicas != size {
			p.Errorf("at %d: the target has a size of %d", e.Version, *d.Spec.Replicas)
		}
	})
}

func TestScalingDuringEachStep(t *testing.T) {
	t.Parallel()
	for name, weight := range map[string]int{"before any": 0, "at 25%": 250, "at 50%": 500, "at 100%": 1000} {
		for _, to := range []int{map[bool]int{true: 3, false: 2}[weight == 500], 7} { // never what the ratio made it
			for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
				t.Run(fmt.Sprintf("%s to %d %s", name, to, mode), func(t *testing.T) {
					t.Parallel()
					p := newShop(t, shared, everyones.take(t))
					if meshed {
						p.mesh()
					}
					p.open(4, with(quick, "serin.dev/steps", "25:pause,50:pause,100:pause"))
					if weight == 0 {
						p.deploy("v2-slow-1s")
						p.pods(1)
					} else {
						p.climb(weight)
					}
					p.scale(to)
					p.annotate("promote", "full")
					version := map[bool]string{true: "v2-slow-1s", false: "v2"}[weight == 0]
					v := p.promoted(version)
					if size := int(*v.Deployment(p.name).Spec.Replicas); size != to {
						t.Errorf("the target was scaled to %d and has a size of %d", to, size)
					}
					p.neverBelow(min(4, to))
					if meshed {
						p.neverBeyondCapacity()
					}
				})
			}
		}
	}
}
