// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"slices"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// Two Deployments behind one Service go out one after the other: the routes of a Service are split for one at a time.
func TestTwoAppsOfOneServiceTakeTurns(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh()
	p.together("shop", slow())
	p.together("shop-two", quick)
	service := serviceOf(p.name)
	service.Spec.Selector = map[string]string{"part-of": "shop"}
	p.serve(service)
	two := *p
	two.name, two.vs = "shop-two", nil // the routes are looked at through the other
	p.adopted()
	two.adopted()

	p.deploy("v2")
	p.at(250)
	two.deploy("v2")
	c := two.saying("Unknown", "NameTaken").Condition(two.name)
	if !containsAll(c.Message, []string{"DestinationRule shop-serin", "Deployment shop"}) {
		t.Errorf("the condition is %s", c.Message)
	}
	p.annotate("promote", "full")
	p.promoted("v2")
	two.promoted("v2")
	p.promoted("v2")
	if weights, err := p.Weights(p.name); err != nil || !slices.Equal(weights, []int{journal.Untouched, 0, 250, 1000, journal.Untouched, 0, 250, 500, 1000, journal.Untouched}) {
		t.Errorf("the weights were %v, %v", weights, err)
	}
}

// together creates an app whose pods one Service can select beside others.
func (p *shop) together(name string, annotations map[string]string) {
	p.Helper()
	d := deploymentOf(name, 2, annotations)
	d.Spec.Template.Labels = with(d.Spec.Template.Labels, "part-of", "shop")
	p.create(d)
}
