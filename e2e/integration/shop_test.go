// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

const registry = "registry.test/"

// quick makes a rollout of three steps that takes seconds.
var quick = map[string]string{
	"serin.dev/canary": "true",
	"serin.dev/steps":  "25,50,100",
	"serin.dev/hold":   "300ms",
	"serin.dev/settle": "100ms",
}

// with is the annotations and more; an empty value takes one away.
func with(base map[string]string, pairs ...string) map[string]string {
	all := maps.Clone(base)
	for i := 0; i+1 < len(pairs); i += 2 {
		if all[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
			delete(all, pairs[i])
		}
	}
	return all
}

// slow holds its first step until somebody passes it.
func slow(pairs ...string) map[string]string {
	return with(with(quick, "serin.dev/steps", "25:1h,50:1h,100"), pairs...)
}

// shop is a namespace with an app in it, and the person who looks after both.
type shop struct {
	*testing.T
	*cluster
	*journal.Journal
	namespace string
	name      string
	serin     *controller    // that looks after it
	vs        map[string]any // the user's VirtualService as it has to be at rest
	patience  time.Duration  // the longest that anything may take
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// newShop makes a namespace that ends with the test.
func newShop(t *testing.T, c *cluster, s *controller) *shop {
	t.Helper()
	base := strings.Trim(unfit.ReplaceAllString(strings.ToLower(strings.TrimPrefix(t.Name(), "Test")), "-"), "-")
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: base[:min(len(base), 50)] + "-"}}
	space, err := c.api.CoreV1().Namespaces().Create(t.Context(), space, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := &shop{T: t, cluster: c, Journal: c.Of(space.Name), namespace: space.Name, name: "shop", serin: s, patience: time.Minute}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.dump())
		}
		ctx := context.WithoutCancel(t.Context())
		_ = c.api.CoreV1().Namespaces().Delete(ctx, space.Name, metav1.DeleteOptions{})
	})
	return p
}

// deploymentOf is an ordinary Deployment, as somebody would write it.
func deploymentOf(name string, replicas int32, annotations map[string]string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, Annotations: annotations},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: registry + name + ":v1"}}},
			},
		},
	}
}

func serviceOf(name string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": name},
			Ports:    []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromInt32(8080)}},
		},
	}
}

func imagePatch(image string) []byte {
	return fmt.Appendf(nil, `{"spec":{"template":{"spec":{"containers":[{"name":"app","image":%q}]}}}}`, registry+image)
}

// routesFormat is a VirtualService as a user wrote it: several rules, a foreign destination, much that is not ours.
const routesFormat = `
hosts: [%[1]s, %[1]s.example.test]
gateways: [mesh]
http:
- name: old-clients
  match:
  - {headers: {x-client: {regex: "old.*"}}, uri: {prefix: /api}}
  route:
  - {destination: {host: %[1]s, port: {number: 80}}, weight: 80, headers: {request: {set: {x-from: routes}}}}
  - {destination: {host: legacy.other.svc.cluster.local}, weight: 20}
  retries: {attempts: 3, perTryTimeout: 2s, retryOn: "5xx,reset"}
  timeout: 10s
- name: elsewhere
  match:
  - {uri: {exact: /elsewhere}}
  route:
  - {destination: {host: %[1]s.other.svc.cluster.local}}
- name: everything-else
  route:
  - {destination: {host: %[1]s}}
  corsPolicy: {allowOrigins: [{exact: "https://example.test"}], allowMethods: [GET], maxAge: 1h}
  mirror: {host: shadow}
  mirrorPercentage: {value: 12.5}
`

// open creates the app of so many pods with its Service, and waits until the controller has taken note of it.
func (p *shop) open(replicas int32, annotations map[string]string) *shop {
	p.Helper()
	p.create(deploymentOf(p.name, replicas, annotations))
	p.serve(serviceOf(p.name))
	p.adopted()
	return p
}

// mesh adds the user's VirtualService.
func (p *shop) mesh() *shop {
	p.Helper()
	spec := map[string]any{}
	if err := yaml.Unmarshal(fmt.Appendf(nil, routesFormat, p.name), &spec); err != nil {
		p.Fatal(err)
	}
	return p.route(spec)
}

func (p *shop) route(spec map[string]any) *shop {
	p.Helper()
	vs := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
		"metadata": map[string]any{"name": p.name, "labels": map[string]any{"team": "shop"}}, "spec": spec,
	}}
	stored, err := p.any.Resource(journal.VirtualServices).Namespace(p.namespace).Create(p.Context(), vs, metav1.CreateOptions{})
	if err != nil {
		p.Fatal(err)
	}
	p.vs, _, _ = unstructured.NestedMap(stored.Object, "spec")
	return p
}

func (p *shop) create(d *appsv1.Deployment) {
	p.Helper()
	if _, err := p.api.AppsV1().Deployments(p.namespace).Create(p.Context(), d, metav1.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
}

func (p *shop) serve(service *corev1.Service) {
	p.Helper()
	if _, err := p.api.CoreV1().Services(p.namespace).Create(p.Context(), service, metav1.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
}

// adopted waits until the app runs and the controller says that it looks after it.
func (p *shop) adopted() {
	p.Helper()
	p.await("the app to run and the controller to take note", func(v journal.View) string {
		d := v.Deployment(p.name)
		if d == nil || d.Status.ObservedGeneration < d.Generation || d.Status.AvailableReplicas != *d.Spec.Replicas {
			return "the app does not run"
		}
		return p.isPromoted(v)
	})
}

func (p *shop) patch(kind types.PatchType, patch string, subresources ...string) *appsv1.Deployment {
	p.Helper()
	options := metav1.PatchOptions{FieldManager: "person"}
	d, err := p.api.AppsV1().Deployments(p.namespace).Patch(p.Context(), p.name, kind, []byte(patch), options, subresources...)
	if err != nil {
		p.Fatalf("patching with %s: %v", patch, err)
	}
	p.await("the recorder", func(v journal.View) string {
		if seen := v.Deployment(p.name); seen != nil && journal.Number(seen.ResourceVersion) < journal.Number(d.ResourceVersion) {
			return "it has not seen the last write"
		}
		return ""
	})
	return d
}

// deploy wants another version, such as "v2" or "v3-crash".
func (p *shop) deploy(version string) {
	p.Helper()
	p.patch(types.StrategicMergePatchType, string(imagePatch(p.name+":"+version)))
}

// annotate sets an annotation under serin.dev, or takes it away.
func (p *shop) annotate(key, value string) {
	p.Helper()
	text := fmt.Sprintf("%q", value)
	if value == "" {
		text = "null"
	}
	p.patch(types.MergePatchType, fmt.Sprintf(`{"metadata":{"annotations":{"serin.dev/%s":%s}}}`, key, text))
}

func (p *shop) scale(replicas int) {
	p.Helper()
	p.patch(types.MergePatchType, fmt.Sprintf(`{"spec":{"replicas":%d}}`, replicas), "scale") // has the version of the Deployment
}
