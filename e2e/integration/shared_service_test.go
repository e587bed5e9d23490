// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"testing"
)

// Two Deployments behind one Service go out one after the other: the routes of a Service are split for one at a time.
func TestTwoAppsOfOneServiceTakeTurns(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh()
	p.together("shop", "shop-two")
	service := serviceOf(p.name)
	service.Spec.Selector = map[string]string{"part-of": "shop"}
	p.serve(service)
	two := *p
	two.name = "shop-two"
	p.adopted()
	two.adopted()

	p.deploy("v2")
	p.at(250)
	two.deploy("v2")
	c := two.saying("Unknown", "NameTaken").condition(two.name)
	if !containsAll(c.Message, []string{"DestinationRule shop-serin", "Deployment shop"}) {
		t.Errorf("the condition is %s", c.Message)
	}
	p.annotate("promote", "full")
	p.promoted("v2")
	two.annotate("steps", "50,100")
	two.promoted("v2")
}

// together creates apps whose pods one Service can select.
func (p *shop) together(names ...string) {
	p.Helper()
	for _, name := range names {
		d := deploymentOf(name, 2, slow())
		d.Spec.Template.Labels = with(d.Spec.Template.Labels, "part-of", "shop")
		p.create(d)
	}
}
