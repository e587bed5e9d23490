// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
)

func resourceOf(version, name string) schema.GroupVersionResource {
	group, err := schema.ParseGroupVersion(version)
	if err != nil {
		panic(err) // the API server's own
	}
	return group.WithResource(name)
}

// Roles in the namespaces that are looked after are enough, and nothing is read in others.
func someNamespacesOnly(t *testing.T, c *cluster) {
	r := newRelease(t, c, "serin-few", "few")
	meshed, ratio, other := newShop(t, c, nil).mesh(), newShop(t, c, nil), newShop(t, c, nil).mesh()
	r.install("--set", "namespaces={"+meshed.namespace+","+ratio.namespace+"},verbosity=1")
	if err := c.guardIn(t.Context(), meshed.namespace); err != nil {
		t.Fatal(err)
	}
	meshed.serin, ratio.serin = r.controller, r.controller
	meshed.open(2, quick)
	ratio.open(4, with(quick, "serin.dev/traffic", "replicas"))
	other.create(deploymentOf(other.name, 2, quick))
	other.serve(serviceOf(other.name))
	for _, p := range []*shop{other, meshed, ratio} {
		p.deploy("v2")
	}
	for _, p := range []*shop{meshed, ratio} {
		p.promoted("v2")
		p.deploy("v3-crash")
		p.rolledBack("v2", "CrashLoop")
		p.neverBeyondCapacity()
	}
	v, _ := other.Now()
	if d := v.Deployment(other.name); d.Annotations["serin.dev/rollout"] != "" || v.Condition(other.name) != nil || !d.Spec.Paused {
		t.Errorf("in a namespace that is not named the Deployment is paused %t, with %v", d.Spec.Paused, d.Annotations)
	}
	other.command("doctor", "--controller-namespace", r.chart.Namespace).endsAnyhow("looks after the namespaces", "--namespaces", other.namespace+" is not among them",
		"system:serviceaccount:few:serin has all")
	r.neverLooked(other.namespace)
	r.tested("system:serviceaccount:few:serin has all")
	said, err := r.during(hook{label: "serin-leave"}, "uninstall")
	if err != nil || !strings.Contains(said, "No rollout is under way") {
		t.Fatalf("helm uninstall ended in %v, and said\n%s", err, said)
	}
	r.controller.Kill()
	r.until("all of the release to be gone", func(context.Context) bool { return len(r.objects()) == 0 })
}

// neverLooked: nothing was refused, and nothing was asked of namespaces that are not named.
func (r *release) neverLooked(elsewhere string) {
	r.Helper()
	wrong := r.controller.Since(0, func(c apiproxy.Call) bool {
		if c.Resource == "namespaces" && c.Name == r.chart.Namespace {
			return false // whether its own is there, which need not be answered
		}
		everywhere := c.Namespace == "" && c.Name == "" && (c.Verb == "list" || c.Verb == "watch") && !strings.Contains(c.Resource, "polic") && c.Resource != "customresourcedefinitions"
		return c.Status == 403 || c.Status == 401 || c.Namespace == elsewhere || c.Resource == "namespaces" && c.Name == elsewhere || everywhere
	})
	if len(wrong) > 0 {
		r.Errorf("it asked for\n%s\n%v", apiproxy.Table(wrong), wrong)
	}
	for line := range strings.Lines(r.controller.Log()) {
		if strings.Contains(strings.ToLower(line), "forbidden") || strings.Contains(line, "Permission missing") {
			r.Errorf("the controller says %s", line)
		}
	}
	if _, err := r.api.CoreV1().Namespaces().Get(r.Context(), elsewhere, metav1.GetOptions{}); err != nil {
		r.Error(err)
	}
}
