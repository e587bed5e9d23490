// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/lab"
)

// What a chart brings where the API server has no mutating policies: no guard, and a fence that nobody vouches in. Rollouts go
// through it, and it refuses what it can see.
func TestAnOlderKubernetes(t *testing.T) {
	t.Parallel()
	c, err := newLab(t.Context(), lab.Options{Istio: true, KWOKNodes: 1, NoGuard: true, Emulated: "1.34"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	r := newRelease(t, c, "serin", systemNamespace)
	r.install()
	for _, o := range append(r.objects(), r.staying()...) {
		if strings.HasPrefix(o, "Mutating") {
			t.Errorf("the chart brought %s", o)
		}
	}
	said, err := r.during(hook{label: "serin-check"}, "test")
	if err != nil || !containsAll(said, []string{"note     Guard: armed", "ok       Fence: "}) {
		t.Errorf("helm test ended in %v, and said\n%s", err, said)
	}
	meshed, ratio := newShop(t, c, r.controller).mesh().open(2, slow()), newShop(t, c, r.controller).open(4, with(quick, "serin.dev/traffic", "replicas"))
	for _, p := range []*shop{meshed, ratio} {
		p.deploy("v2")
	}
	ratio.resting("v2", true)
	meshed.at(250)
	meshed.create(deploymentOf("lone", 1, nil))
	token, err := r.tokenIn(t.Context(), r.chart.Namespace, "serin")
	meshed.mustDo(err)
	w := newThief(meshed, token)
	for name, a := range onDeployments {
		if strings.HasPrefix(name, "create a canary") && a.rule != "canary-vouched" {
			refusedBy(t, a.rule, a.try(w))
		}
	}
	meshed.annotate("promote", "full")
	meshed.resting("v2", true)
	if _, err := r.api.AppsV1().Deployments(meshed.namespace).Get(t.Context(), "lone-canary", metav1.GetOptions{}); err == nil {
		t.Error("a canary was forged")
	}
	said, err = r.during(hook{label: "serin-leave"}, "uninstall")
	if err != nil || !strings.Contains(said, "No rollout is under way") {
		t.Errorf("helm uninstall ended in %v, and said\n%s", err, said)
	}
	r.controller.Kill()
	if there, stay := r.objects(), r.staying(); len(there) > 0 || len(stay) != 2 {
		t.Errorf("of the release there is still %q, and stays %q", there, stay)
	}
	for _, p := range []*shop{meshed, ratio} {
		p.resting("v2", true) // who has no guard is kept paused, and nobody lets anything go
	}
}
