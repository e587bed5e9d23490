// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/lab"
)

// What Helm does to a cluster that has rollouts under way, from the first install to the last uninstall.
func TestTheLifeOfTheChart(t *testing.T) {
	t.Parallel()
	c, err := newLab(t.Context(), lab.Options{Istio: true, KWOKNodes: 1, NoGuard: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Run("some namespaces only", func(t *testing.T) { someNamespacesOnly(t, c) })
	r := newRelease(t, c, "serin", systemNamespace)
	r.install()
	if err := c.awaitGuard(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("tests", func(t *testing.T) { tests(t, r) })
	t.Run("upgrade and rollback", func(t *testing.T) { upgradeAndRollback(t, r) })
	t.Run("a refused uninstall", func(t *testing.T) { aRefusedUninstall(t, r) })
	t.Run("uninstall", func(t *testing.T) { uninstall(t, r) })
	t.Run("install again", func(t *testing.T) { installAgain(t, r) })
}

// tests: a permission that is missing is named, and where nothing is, all is well.
func tests(t *testing.T, r *release) {
	r = r.in(t)
	if err := r.api.RbacV1().ClusterRoleBindings().Delete(t.Context(), r.chart.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	said, err := r.during(hook{label: "serin-check", more: []string{"--timeout=1s"}}, "test")
	if err == nil || !containsAll(said, []string{"broken   Permissions: system:serviceaccount:serin-system:serin may not list deployments.apps", "the installation is not well"}) {
		t.Errorf("helm test ended in %v, and said\n%s", err, said)
	}
	r.helm("upgrade")
	r.tested("ok       Guard: policy", "ok       Fence: 14 admission policies keep", "has all")
}

// kept is what an upgrade may not change of a rollout that is held: what people wrote, what the controller remembers, and the
// routes. The record is the last that is written of a step.
func (p *shop) kept(weight int) map[string]string {
	p.Helper()
	p.at(weight)
	v := p.await("the step to be held", func(v journal.View) string {
		if record := v.Deployment(p.name).Annotations["serin.dev/journal"]; !strings.Contains(record, fmt.Sprintf(`"message":"at %d%% until`, weight/10)) {
			return "the record is " + record
		}
		return p.hasCondition(v, "Unknown", "Holding")
	})
	kept := map[string]string{}
	target := v.Deployment(p.name)
	maps.Copy(kept, target.Annotations)
	for name, part := range map[string]any{"spec": target.Spec, "canary": v.Deployment(p.name + "-canary").Spec} {
		text, err := json.Marshal(part)
		p.mustDo(err)
		kept[name] = string(text)
	}
	for name, object := range map[string]*unstructured.Unstructured{"routes": v.Routes(p.name), "rule": v.Rule(p.name + "-serin")} {
		if object != nil {
			kept[name] = object.GetResourceVersion()
		}
	}
	return kept
}

func upgradeAndRollback(t *testing.T, r *release) {
	r = r.in(t)
	meshed, ratio := newShop(t, r.cluster, r.controller).mesh().open(2, slow()), newShop(t, r.cluster, r.controller).open(4, slow("serin.dev/traffic", "replicas"))
	shops := []*shop{meshed, ratio}
	for _, p := range shops {
		p.deploy("v2")
	}
	for _, weight := range []int{250, 500} {
		var before []map[string]string
		for _, p := range shops {
			before = append(before, p.kept(weight))
		}
		if weight == 250 {
			r.helm("upgrade", "--set", "verbosity=1,workers=8")
		} else {
			r.helm("rollback", "2")
		}
		r.start()
		for i, p := range shops {
			if after := p.kept(weight); !maps.Equal(before[i], after) {
				t.Errorf("at %d it was\n%v\nand is\n%v", weight, before[i], after)
			}
			p.annotate("promote", "step")
		}
	}
	for _, p := range shops {
		p.promoted("v2")
		p.neverBeyondCapacity()
		if n := count(p.Story(), "NewTemplate"); n > 1 {
			t.Errorf("it began %d times", n)
		}
	}
	meshed.wroteOnce(r.controller)
}

// Story is the reasons of what was told of the app.
func (p *shop) Story() []string {
	v, _ := p.Now()
	return v.Reasons(p.name)
}

func count(words []string, word string) (n int) {
	for _, w := range words {
		if w == word {
			n++
		}
	}
	return n
}

// wroteOnce: each weight was there once, and written once.
func (p *shop) wroteOnce(through *controller) {
	p.Helper()
	weights, err := p.Weights(p.name)
	if want := []int{journal.Untouched, 250, 500, 1000, journal.Untouched}; err != nil || !slices.Equal(slices.Compact(slices.DeleteFunc(slices.Clone(weights), func(w int) bool { return w == 0 })), want) {
		p.Errorf("the weights were %v, %v", weights, err)
	}
	if writes := through.Since(0, p.routed); len(writes) != len(weights)-1 { // of the first nothing is ours
		p.Errorf("%d writes made the weights %v:\n%s", len(writes), weights, apiproxy.Table(writes))
	}
}

// A controller that is dead brings nothing back: nothing is deleted then.
func aRefusedUninstall(t *testing.T, r *release) {
	r = r.in(t)
	p := newShop(t, r.cluster, r.controller).mesh().open(2, slow())
	p.deploy("v2")
	p.at(250)
	r.controller.Kill()
	said, err := r.during(hook{label: "serin-leave", more: []string{"--timeout=3s"}}, "uninstall")
	if err == nil || !containsAll(said, []string{"the time was up", p.namespace + "/shop", "does a controller run"}) {
		t.Errorf("it ended in %v, and said\n%s", err, said)
	}
	p.at(250)
	if there := r.objects(); len(there) < 10 {
		t.Errorf("of the release there is %q", there)
	}
	if err := r.controller.Start(); err != nil {
		t.Fatal(err)
	}
	p.rolledBack("v1", "AbortRequested") // as was asked for
}

func uninstall(t *testing.T, r *release) {
	r = r.in(t)
	installed := r.objects()
	meshed, ratio := newShop(t, r.cluster, r.controller).mesh().open(2, slow()), newShop(t, r.cluster, r.controller).open(4, slow("serin.dev/traffic", "replicas"))
	late := newShop(t, r.cluster, r.controller).mesh().open(2, slow())
	before := meshed.written()
	for _, p := range []*shop{meshed, ratio} {
		p.deploy("v2")
		p.at(250)
	}
	said, err := r.during(hook{label: "serin-leave", after: func() { late.deploy("v2") }}, "uninstall")
	if err != nil || !containsAll(said, []string{"Rolling back", "No rollout is under way"}) {
		t.Fatalf("it ended in %v, and said\n%s", err, said)
	}
	r.controller.Signal(15) // as its pods are told
	for _, p := range []*shop{meshed, ratio} {
		p.rolledBack("v1", "AbortRequested")
		p.neverBeyondCapacity()
	}
	if after := meshed.written(); after != before {
		t.Errorf("the VirtualService was\n%s\nand is\n%s", before, after)
	}
	v, _ := late.Now()
	if d := v.Deployment(late.name); !d.Spec.Paused || v.Memo(late.name).Weight != 0 || v.Deployment(late.name+"-canary") != nil || late.touched(v) != "" {
		t.Errorf("a template that came last began a rollout: %v\n%s", d.Annotations, late.dump())
	}
	if there := r.objects(); len(there) > 0 {
		t.Errorf("of the release there is still %q, of %q", there, installed)
	}
	stay := []string{"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
	for i := range stay {
		stay[i] += " /serin-fence-params"
	}
	if left := r.staying(); !slices.Equal(left, stay) {
		t.Errorf("there stays %q, and should %q", left, stay)
	}
	r.until("a new template to go out at once", func(ctx context.Context) bool {
		tried, err := r.api.AppsV1().Deployments(meshed.namespace).Patch(ctx, meshed.name, types.MergePatchType,
			[]byte(`{"spec":{"paused":false,"template":{"metadata":{"labels":{"a":"b"}}}}}`), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		return err == nil && !tried.Spec.Paused
	})
}

// installAgain: the same API server still follows the Deployments that canaries are compared with, also those that are new since.
func installAgain(t *testing.T, r *release) {
	r = r.in(t)
	// It is what the uninstall leaves, for a minute.
	if err := r.api.CoordinationV1().Leases(r.chart.Namespace).Delete(t.Context(), "serin", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	r.install()
	if err := r.awaitGuard(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := newShop(t, r.cluster, r.controller).mesh().open(2, slow())
	p.deploy("v2")
	p.at(250)
	p.create(deploymentOf("lone", 1, nil))
	token, err := r.tokenIn(t.Context(), r.chart.Namespace, "serin")
	p.mustDo(err)
	refusedBy(t, "canary-template", anew(set(evil, imageAt...))(newThief(p, token)))
	p.annotate("promote", "full")
	p.promoted("v2")
	p.deploy("v3-crash") // another template of the same Deployment
	p.rolledBack("v2", "CrashLoop")
}

// written is the user's VirtualService, without what the API server notes of each write.
func (p *shop) written() string {
	p.Helper()
	vs, err := p.any.Resource(journal.VirtualServices).Namespace(p.namespace).Get(p.Context(), p.name, metav1.GetOptions{})
	p.mustDo(err)
	for _, field := range []string{"resourceVersion", "generation", "managedFields"} {
		unstructured.RemoveNestedField(vs.Object, "metadata", field)
	}
	text, err := json.Marshal(vs.Object)
	p.mustDo(err)
	return string(text)
}

// objects are those of the release that are there, wherever they are: by the labels of all, and the guard by its name. What
// stays by design is not among them.
func (r *release) objects() []string { return r.all("serin.dev/stays!=true") }

// staying are those that an uninstall leaves, of this release.
func (r *release) staying() []string {
	stay := slices.DeleteFunc(r.all("serin.dev/stays=true"), func(o string) bool { return !strings.HasSuffix(o, " /"+r.chart.Name+"-fence-params") })
	slices.Sort(stay)
	return stay
}

func (r *release) all(labels string) (there []string) {
	r.Helper()
	lists, err := r.api.Discovery().ServerPreferredResources()
	if err != nil {
		r.Fatal(err)
	}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if slices.Contains(resource.Verbs, "list") && !slices.Contains(derived, resource.Kind) {
				there = append(there, r.listed(list.GroupVersion, resource, labels)...)
			}
		}
	}
	return there
}

// derived follows from what was deleted, some time later.
var derived = []string{"Pod", "ReplicaSet", "EndpointSlice", "Endpoints", "ControllerRevision", "Event"}

func (r *release) listed(version string, resource metav1.APIResource, labels string) (there []string) {
	r.Helper()
	objects, err := r.any.Resource(resourceOf(version, resource.Name)).List(r.Context(), metav1.ListOptions{LabelSelector: labels})
	if err != nil {
		r.Fatalf("listing %s: %v", resource.Name, err)
	}
	for i := range objects.Items {
		o := &objects.Items[i]
		name := o.GetLabels()["app.kubernetes.io/name"]
		ours := o.GetLabels()["app.kubernetes.io/instance"] == r.chart.Name || strings.HasPrefix(o.GetName(), "serin-guard") || strings.HasPrefix(name, "serin")
		if ours && o.GetDeletionTimestamp() == nil && o.GetLabels()["owner"] != "helm" {
			there = append(there, resource.Kind+" "+o.GetNamespace()+"/"+o.GetName())
		}
	}
	return there
}
