// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"fmt"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// elastic leaves time, before each hold, for the size to go up and down: by the ratio of pods the share is true only once the pods are there.
var elastic = with(plan, "serin.dev/steps", "25,50,100", "serin.dev/settle", "20s")

// sizes are what the target has while a step goes on, one after the other. None is the number that the ratio of pods has made of the
// one before, since that is no wish (see "Autoscaling" in docs/operations.md).
var sizes = map[int][]int{250: {8, 5}, 500: {8, 6}, 1000: {9, 5}}

const sizeInTheEnd = 7

// An autoscaler goes on scaling while a rollout is under way.
func TestScaledDuringEachStep(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		plan := elastic
		if m == mesh {
			plan = with(elastic, "serin.dev/settle", "2s", "serin.dev/hold", "8s")
		}
		p := open(t, m, 4, plan, "The target is scaled up and down during each step and during the promotion: shares stay true, and it ends with the size that was wanted.")
		p.scaledAllAlong()
	})
	t.Run("HPA", func(t *testing.T) {
		t.Parallel()
		p := ground(t, ratio, elastic, "The same where a HorizontalPodAutoscaler names the target: its size is nobody else's to write.")
		p.autoscale()
		p.build(4)
		p.scaledAllAlong()
		p.onlyPeopleSized()
	})
}

func (p *shop) scaledAllAlong() {
	p.Helper()
	p.deploy("v2")
	for _, weight := range p.wants() {
		p.weighing(weight)
		for _, size := range sizes[weight] {
			p.scale(size)
			p.sized(size)
		}
	}
	p.await("the promotion", func(v journal.View) string {
		if !v.Memo(app).Promoting {
			return "it has not begun"
		}
		return ""
	})
	p.scale(sizeInTheEnd)
	p.promoted("v2")
	if got := p.size(); got != sizeInTheEnd {
		p.Errorf("the target has %d replicas in the end, and %d were wanted", got, sizeInTheEnd)
	}
	p.onlyAnswers("v2")
	p.noneFailed()
	p.sharesAreTrue("v2")
	p.climbs()
	p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
}

// sized waits until as many pods serve as an autoscaler asked for; by the ratio of pods those of the canary are among them.
func (p *shop) sized(size int) {
	p.Helper()
	p.await(fmt.Sprintf("a size of %d", size), func(v journal.View) string {
		canary, own := v.Ready(app)
		serving := own
		if v.Memo(app).Mode == "replicas" {
			serving += canary
		}
		if serving < size {
			return fmt.Sprintf("%d of the target's own pods are ready, and %d of the canary's", own, canary)
		}
		return ""
	})
}

// autoscale creates an autoscaler that has nothing to measure, so that nobody but the journey scales.
func (p *shop) autoscale() {
	p.Helper()
	hpa := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: app},
			MinReplicas:    new(int32(1)), MaxReplicas: 20,
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ResourceMetricSourceType,
				Resource: &autoscalingv2.ResourceMetricSource{
					Name:   corev1.ResourceCPU,
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(80))},
				},
			}},
		},
	}
	_, err := p.api.AutoscalingV2().HorizontalPodAutoscalers(p.namespace).Create(p.Context(), hpa, metav1.CreateOptions{})
	p.must(err)
}

// onlyPeopleSized asserts that the target had no size but those that the journey gave it.
func (p *shop) onlyPeopleSized() {
	p.Helper()
	given := map[int]bool{4: true, sizeInTheEnd: true}
	for _, some := range sizes {
		for _, size := range some {
			given[size] = true
		}
	}
	p.Replay(func(e journal.Entry, v journal.View) {
		if d := v.Deployment(app); d != nil && !given[int(*d.Spec.Replicas)] {
			p.Errorf("at %s the target had %d replicas, which nobody asked for", clock(e.At), *d.Spec.Replicas)
		}
	})
}

// A rollout works at any size.
func TestSizes(t *testing.T) {
	t.Parallel()
	for replicas, promise := range map[int]string{
		1:  "A target of one pod is never without a pod that serves.",
		12: "A target of twelve pods takes the same way.",
	} {
		t.Run(fmt.Sprint(replicas), func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, m mode) {
				t.Helper()
				p := open(t, m, replicas, plan, promise)
				p.deploy("v2")
				p.promoted("v2")
				p.onlyAnswers("v2")
				p.noneFailed()
				p.sharesAreTrue("v2")
				p.climbs()
				p.neverFewer(replicas)
				p.weighted(journal.Untouched, 0, 50, 250, 500, 1000, journal.Untouched)
			})
		})
	}
}
