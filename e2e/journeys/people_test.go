// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// What people do.

// everybody is a VirtualService as a user wrote it. Istio would have clients retry by itself, and no failed request may be
// hidden: the user wants no retries.
const everybody = `
hosts: [shop]
http:
- name: beta
  match:
  - headers: {x-beta: {exact: "yes"}}
  route:
  - destination: {host: shop}
    headers: {request: {set: {x-from: beta}}}
  timeout: 3s
  retries: {attempts: 0}
- name: everybody
  route:
  - destination: {host: shop, port: {number: 9090}}
  retries: {attempts: 0}
`

// route creates the user's VirtualService.
func (p *shop) route(spec string) {
	p.Helper()
	vs := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
		"metadata": map[string]any{"name": app, "labels": map[string]any{"team": "shop"}},
	}}
	var fields map[string]any
	p.must(yaml.Unmarshal([]byte(spec), &fields))
	vs.Object["spec"] = fields
	stored, err := p.any.Resource(journal.VirtualServices).Namespace(p.namespace).Create(p.Context(), vs, metav1.CreateOptions{FieldManager: "person"})
	p.must(err)
	p.vs = written(stored)
}

// written is an object byte for byte, but for what the API server counts and who wrote which part.
func written(object *unstructured.Unstructured) string {
	mine := object.DeepCopy()
	for _, counted := range []string{"resourceVersion", "generation", "managedFields"} {
		unstructured.RemoveNestedField(mine.Object, "metadata", counted)
	}
	text, err := json.MarshalIndent(mine.Object, "", "  ")
	if err != nil {
		panic(err) // it came as JSON
	}
	return string(text)
}

func (p *shop) patch(kind types.PatchType, patch string, subresources ...string) {
	p.Helper()
	options := metav1.PatchOptions{FieldManager: "person"}
	d, err := p.api.AppsV1().Deployments(p.namespace).Patch(p.Context(), app, kind, []byte(patch), options, subresources...)
	if err != nil {
		p.Fatalf("patching with %s: %v", patch, err)
	}
	p.await("the journal", func(v journal.View) string {
		if seen := v.Deployment(app); seen != nil && journal.Number(seen.ResourceVersion) < journal.Number(d.ResourceVersion) {
			return "it has not seen the last write"
		}
		return ""
	})
}

// deploy wants another version, with faults in the sample's own words, such as "crash-after=3s".
func (p *shop) deploy(version string, faults ...string) {
	p.Helper()
	fault := ""
	if len(faults) > 0 {
		fault = faults[0]
	}
	// An empty value is written as such: a patch without one would leave the faults of the version before.
	env := []any{map[string]string{"name": "VERSION", "value": version}, map[string]string{"name": "FAULTS", "value": fault}}
	p.template(map[string]any{"containers": []any{map[string]any{"name": "app", "image": registry + "sample:" + version, "env": env}}})
}

// template changes the pod template: a pod's spec, or what of it changes.
func (p *shop) template(change any) {
	p.Helper()
	text, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"spec": change}}})
	p.must(err)
	p.patch(types.StrategicMergePatchType, string(text))
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
	p.patch(types.MergePatchType, fmt.Sprintf(`{"spec":{"replicas":%d}}`, replicas), "scale")
}
