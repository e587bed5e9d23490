// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/serin-dev/serin/e2e/internal/serin"
)

// manyRules are what a VirtualService may well have.
const manyRules = 300

// fenceFiles are those of deploy/fence.
var fenceFiles = []string{"fence/deployments.yaml", "fence/template/template.yaml", "fence/template/vouch.yaml", "fence/objects.yaml", "fence/mesh.yaml"}

// allowJobs does what the fence says.
func (p *shop) allowJobs() {
	p.Helper()
	_, err := p.api.CoreV1().Namespaces().Patch(p.Context(), p.namespace, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"serin.dev/gate-jobs":"allowed"}}}`), metav1.PatchOptions{})
	p.mustDo(err)
}

// The API server knows every field that the policies speak of, and has nothing to say against them.
func TestTheFenceCompiles(t *testing.T) {
	t.Parallel()
	for _, file := range fenceFiles {
		objects, err := manifests(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if object.GetKind() == "ValidatingAdmissionPolicy" {
				t.Run(object.GetName(), func(t *testing.T) {
					t.Parallel()
					if warnings := typeWarnings(t, object.GetName()); len(warnings) > 0 {
						t.Errorf("the API server warns of %v", warnings)
					}
				})
			}
		}
	}
}

// typeWarnings waits until the policy was checked.
func typeWarnings(t *testing.T, name string) (warnings []admissionregistrationv1.ExpressionWarning) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		policy, err := shared.api.AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(ctx, name, metav1.GetOptions{})
		if err != nil || policy.Status.ObservedGeneration < policy.Generation || policy.Status.TypeChecking == nil {
			return false, err
		}
		warnings = policy.Status.TypeChecking.ExpressionWarnings
		return true, nil
	})
	if err != nil {
		t.Fatalf("waiting for the types to be checked: %v", err)
	}
	return warnings
}

// thief is somebody with the token of the controller's account.
type thief struct {
	*shop
	any dynamic.Interface
}

func newThief(p *shop, token string) *thief {
	p.Helper()
	config := rest.AnonymousClientConfig(p.config)
	config.BearerToken, config.QPS, config.WarningHandler = token, -1, rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	p.mustDo(err)
	return &thief{p, client}
}

var (
	deployments      = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	replicaSets      = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	services         = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	configMaps       = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	jobs             = schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}
	virtualServices  = schema.GroupVersionResource{Group: istioGroup, Version: "v1", Resource: "virtualservices"}
	destinationRules = schema.GroupVersionResource{Group: istioGroup, Version: "v1", Resource: "destinationrules"}
)

// edit changes what an object says.
type edit func(o *unstructured.Unstructured)

// set gives a field a value; nil takes it away. Numbers in a path count in lists.
func set(value any, path ...any) edit {
	return func(o *unstructured.Unstructured) { put(o.Object, value, path) }
}

func put(in any, value any, path []any) {
	for _, step := range path[:len(path)-1] {
		if at, ok := step.(int); ok {
			in = in.([]any)[at]
			continue
		}
		fields := in.(map[string]any)
		if fields[step.(string)] == nil {
			fields[step.(string)] = map[string]any{}
		}
		in = fields[step.(string)]
	}
	switch last := path[len(path)-1].(type) {
	case int:
		in.([]any)[last] = value
	case string:
		if in.(map[string]any)[last] = value; value == nil {
			delete(in.(map[string]any), last)
		}
	}
}

func all(edits ...edit) edit {
	return func(o *unstructured.Unstructured) {
		for _, e := range edits {
			e(o)
		}
	}
}

// changes is the attempt to change an object.
func (w *thief) changes(resource schema.GroupVersionResource, name string, e edit, subresources ...string) error {
	w.Helper()
	old, err := w.shop.any.Resource(resource).Namespace(w.namespace).Get(w.Context(), name, metav1.GetOptions{})
	w.mustDo(err)
	wanted := old.DeepCopy()
	e(wanted)
	client := w.any.Resource(resource).Namespace(w.namespace)
	if slices.Contains([]string{"configmaps", "virtualservices", "destinationrules"}, resource.Resource) {
		_, err = client.Update(w.Context(), wanted, metav1.UpdateOptions{})
		return err
	}
	before, err := old.MarshalJSON()
	w.mustDo(err)
	after, err := wanted.MarshalJSON()
	w.mustDo(err)
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(before, after, before)
	w.mustDo(err)
	_, err = client.Patch(w.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}, subresources...)
	return err
}

// creates is the attempt to create an object like one that there is.
func (w *thief) creates(resource schema.GroupVersionResource, like, name string, e edit) error {
	w.Helper()
	old, err := w.shop.any.Resource(resource).Namespace(w.namespace).Get(w.Context(), like, metav1.GetOptions{})
	w.mustDo(err)
	made := old.DeepCopy()
	made.Object["metadata"] = map[string]any{"name": name}
	delete(made.Object, "status")
	e(made)
	_, err = w.any.Resource(resource).Namespace(w.namespace).Create(w.Context(), made, metav1.CreateOptions{})
	return err
}

func (w *thief) deletes(resource schema.GroupVersionResource, name string) error {
	w.Helper()
	return w.any.Resource(resource).Namespace(w.namespace).Delete(w.Context(), name, metav1.DeleteOptions{})
}

// makes is what a person creates, from JSON.
func (p *shop) makes(resource schema.GroupVersionResource, text string, args ...any) {
	p.Helper()
	o := &unstructured.Unstructured{}
	p.mustDo(o.UnmarshalJSON(fmt.Appendf(nil, text, args...)))
	_, err := p.any.Resource(resource).Namespace(p.namespace).Create(p.Context(), o, metav1.CreateOptions{})
	p.mustDo(err)
}

// refusedBy asserts that an attempt was refused by the rule. One that ends with a hyphen stands for several, of which
// the API server names any.
func refusedBy(t *testing.T, rule string, err error) {
	t.Helper()
	named := "fence rule " + rule
	if !strings.HasSuffix(rule, "-") {
		named += ":"
	}
	if err == nil {
		t.Errorf("it is allowed; rule %s should refuse it", rule)
	} else if !strings.Contains(err.Error(), named) || (!apierrors.IsForbidden(err) && !apierrors.IsInvalid(err)) {
		t.Errorf("rule %s should refuse it, and it ends with: %v", rule, err)
	}
}

// robbed is a rollout at 25% whose controller was killed, next to what is nobody's business of Serin's.
func robbed(t *testing.T) *thief {
	t.Helper()
	s := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
	p := newShop(t, shared, s).mesh()
	service := serviceOf(p.name)
	service.Labels = map[string]string{"version": "v1", "service.kubernetes.io/headless": "", "team": "web"}
	p.create(withLabel(deploymentOf(p.name, 4, slow()), "v1"))
	p.serve(service)
	p.adopted()
	p.relabel("v2")
	p.at(250)
	s.Kill()
	p.annotate("promote", "step") // nobody carries it out
	p.create(deploymentOf("other", 1, nil))
	p.makes(configMaps, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"a":"b"}}`)
	p.makes(virtualServices, `{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"other"},"spec":{"hosts":["other"],"http":[
		{"route":[{"destination":{"host":"other","subset":"a"},"weight":90},{"destination":{"host":"more"},"weight":10}]}]}}`)
	p.makes(destinationRules, `{"apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"other"},"spec":{"host":"other"}}`)
	p.makes(jobs, `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"nightly"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"a"}]}}}}`)
	p.makes(virtualServices, `{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"made-serin","labels":{"app.kubernetes.io/managed-by":"serin"}},
		"spec":{"hosts":["made"],"http":[{"route":[{"destination":{"host":"made"}}]}]}}`)
	w := newThief(p, p.token)
	p.create(deploymentOf("lone", 1, nil))
	p.create(deploymentOf("empty", 1, nil))
	p.mustDo(w.creates(deployments, "shop-canary", "empty-canary", all(p.likeCanaryOf("empty"), set(int64(0), "spec", "replicas"))))
	_, err := p.api.AppsV1().Deployments(p.namespace).Patch(p.Context(), "empty", types.StrategicMergePatchType, imagePatch("empty:v2"), metav1.PatchOptions{})
	p.mustDo(err)
	return w
}

// A VirtualService of many rules is compared within what the API server grants a policy.
func TestTheFenceBearsManyRules(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t))
	var rules []string
	for i := range manyRules {
		rules = append(rules, fmt.Sprintf(`{"name":"rule-%[1]d","match":[{"uri":{"prefix":"/some/path/of/a/service/%[1]d"},"headers":{"x-version":{"exact":"%[1]d"}}}],"timeout":"10s","retries":{"attempts":3,"perTryTimeout":"2s"},
			"route":[{"destination":{"host":"shop","subset":"v1-serin-stable","port":{"number":80}},"weight":95},{"destination":{"host":"shop","subset":"v1-serin-canary","port":{"number":80}},"weight":5}]}`, i))
	}
	p.makes(virtualServices, `{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"many"},"spec":{"hosts":["shop"],"http":[%s]}}`, strings.Join(rules, ","))
	w := newThief(p, p.token)
	p.mustDo(w.changes(virtualServices, "many", func(o *unstructured.Unstructured) {
		for i := range manyRules {
			all(set(int64(50), "spec", "http", i, "route", 0, "weight"), set(int64(50), "spec", "http", i, "route", 1, "weight"))(o)
		}
	}))
	refusedBy(t, "routes-rules", w.changes(virtualServices, "many", set("/", "spec", "http", manyRules-1, "match", 0, "uri", "prefix")))
}
