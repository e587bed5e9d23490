// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// A rollout by weights, told from beginning to end.
func TestAMeshRolloutIsPromoted(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(4, quick)
	p.deploy("v2")
	p.promoted("v2")

	weights, err := p.Weights(p.name)
	if want := []int{journal.Untouched, 0, 250, 500, 1000, journal.Untouched}; err != nil || !slices.Equal(weights, want) {
		t.Errorf("the weights were %v (%v), want %v", weights, err, want)
	}
	p.neverBeyondCapacity()
	p.templateIsTheUsers("v1", "v2")
	p.told("UpToDate", "NewTemplate", "StepPassed", "StepPassed", "StepPassed", "AllStepsPassed", "Promoted")
}

// neverBeyondCapacity asserts that each write of routes gave the canary no more than its pods in the endpoints could carry,
// and that no pod of the canary was taken away under traffic. A pod that failed since the write before was there to be seen.
func (p *shop) neverBeyondCapacity() {
	p.Helper()
	before, wanted, best := journal.Untouched, int32(0), 0
	p.Replay(func(e journal.Entry, v journal.View) {
		vs := v.Routes(p.name)
		if p.vs == nil {
			vs = v.Routes(p.name + "-serin")
		}
		weight, err := journal.WeightIn(vs)
		if err != nil {
			p.Errorf("at %d: %v", e.Version, err)
		}
		canary, _ := v.Endpoints(p.name)
		best = max(best, canary)
		if e.Kind == "VirtualService" {
			if need := p.needed(v, weight); weight > before && best < need {
				p.Errorf("at %d: a weight of %d with %d of %d canary pods in the endpoints", e.Version, weight, best, need)
			}
			best = canary
		}
		before = weight
		if e.Kind == "Deployment" && e.Name == p.name+"-canary" {
			size := int32(0)
			if canary := v.Deployment(e.Name); canary != nil {
				size = *canary.Spec.Replicas
			}
			if size < wanted && weight > 0 {
				p.Errorf("at %d: the canary shrank from %d to %d with a weight of %d", e.Version, wanted, size, weight)
			}
			wanted = size
		}
	})
}

// needed is how many canary pods a weight asks for, where the target is not gone.
func (p *shop) needed(v journal.View, weight int) int {
	d := v.Deployment(p.name)
	if d == nil || weight <= 0 {
		return 0
	}
	return (weight*int(*d.Spec.Replicas) + 999) / 1000
}

// templateIsTheUsers asserts that the target's template only ever had the images that the test asked for, and that
// the controller owns none of its fields.
func (p *shop) templateIsTheUsers(versions ...string) {
	p.Helper()
	var seen []string
	p.Replay(func(e journal.Entry, v journal.View) {
		if e.Kind != "Deployment" || e.Name != p.name || e.Gone {
			return
		}
		image := v.Deployment(p.name).Spec.Template.Spec.Containers[0].Image
		if version := strings.TrimPrefix(image, registry+p.name+":"); len(seen) == 0 || seen[len(seen)-1] != version {
			seen = append(seen, version)
		}
	})
	if !slices.Equal(seen, versions) {
		p.Errorf("the target's template went through %v, and the person wrote %v", seen, versions)
	}
	d, err := p.api.AppsV1().Deployments(p.namespace).Get(p.Context(), p.name, metav1.GetOptions{})
	if err != nil {
		p.Fatal(err)
	}
	for _, m := range d.ManagedFields {
		if m.Manager == "serin" && strings.Contains(m.FieldsV1.String(), `"f:template"`) {
			p.Errorf("the controller owns %s", m.FieldsV1)
		}
	}
}

// told asserts the reasons of the Events, all of them, in order.
func (p *shop) told(reasons ...string) {
	p.Helper()
	p.await("the Events", func(v journal.View) string {
		if got := v.Reasons(p.name); !slices.Equal(got, reasons) {
			return "they tell " + strings.Join(got, " ") + ", and should tell " + strings.Join(reasons, " ")
		}
		return p.hasCondition(v, string(v.Condition(p.name).Status), "UpToDate", reasons[len(reasons)-1]) // else more is to come
	})
	v, _ := p.Now()
	for _, e := range v.Story(p.name) {
		if e.Series != nil {
			p.Errorf("an Event is a series, so that a part of the story is lost: %s %s", e.Reason, e.Note)
		}
	}
	if canary := journal.Get[*appsv1.Deployment](v, "Deployment", p.name+"-canary"); canary != nil && len(v.Story(canary.Name)) > 0 {
		p.Error("there are Events on the canary Deployment")
	}
}

// Where no VirtualService routes to the Service there is one of ours for as long as the rollout lasts.
func TestAMeshRolloutWithoutRoutes(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t))
	p.injects()
	p.open(4, with(quick, "serin.dev/steps", "0.5,33.3,100"))
	p.deploy("v2")
	p.promoted("v2")
	weights, err := p.Weights(p.name + "-serin")
	if want := []int{0, 5, 333, 1000, journal.Untouched}; err != nil || !slices.Equal(weights, want) {
		t.Errorf("the weights were %v (%v), want %v", weights, err, want)
	}
	p.neverBeyondCapacity()
	p.templateIsTheUsers("v1", "v2")
}
