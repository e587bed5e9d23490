// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	istio "istio.io/client-go/pkg/apis/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/pkg/traffic"
)

// destinationRule is a user's; the spec is flow-style YAML.
func destinationRule(t testing.TB, namespace, name, spec string) *unstructured.Unstructured {
	t.Helper()
	return parse(t, "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: "+name+", namespace: "+namespace+
		", creationTimestamp: '2026-01-01T00:00:00Z'}, spec: "+spec+"}")
}

const serinSubsets = `
- {name: serin-stable, labels: {pod-template-hash: abc}}
- {name: serin-canary, labels: {serin.dev/track: canary}}`

func TestDestinationRule(t *testing.T) {
	cases := map[string]struct {
		subsets []string
		rules   []*unstructured.Unstructured
		want    string // the spec
	}{
		"without any of the user's": {
			[]string{""}, nil,
			`{host: shop.web.svc.cluster.local, subsets: [` + flow(serinSubsets) + `]}`,
		},
		"a user's subset narrows both, with its policy and what else it says": {
			[]string{"", "v1"},
			[]*unstructured.Unstructured{destinationRule(t, "web", "a",
				`{host: shop, trafficPolicy: {tls: {mode: DISABLE}}, subsets: [{name: v1, labels: {tier: front}, future: 1, trafficPolicy: {loadBalancer: {simple: RANDOM}}}]}`)},
			`{host: shop.web.svc.cluster.local, subsets: [` + flow(serinSubsets) + `,
			{name: v1-serin-stable, labels: {tier: front, pod-template-hash: abc}, future: 1, trafficPolicy: {loadBalancer: {simple: RANDOM}}},
			{name: v1-serin-canary, labels: {tier: front, serin.dev/track: canary}, future: 1, trafficPolicy: {loadBalancer: {simple: RANDOM}}}]}`,
		},
		"the canary follows a label that the new template changes or drops": {
			[]string{"v1"},
			[]*unstructured.Unstructured{destinationRule(t, "web", "a", `{host: shop, subsets: [{name: v1, labels: {version: v1, gone: "yes"}}]}`)},
			`{host: shop.web.svc.cluster.local, subsets: [` + flow(serinSubsets) + `,
			{name: v1-serin-stable, labels: {version: v1, gone: "yes", pod-template-hash: abc}},
			{name: v1-serin-canary, labels: {version: v2, serin.dev/track: canary}}]}`,
		},
		"a subset of another Deployment's pods stays what it is": {
			[]string{"v9"},
			[]*unstructured.Unstructured{destinationRule(t, "web", "a", `{host: shop, subsets: [{name: v9, labels: {version: v9}}]}`)},
			`{host: shop.web.svc.cluster.local, subsets: [` + flow(serinSubsets) + `,
			{name: v9-serin-stable, labels: {version: v9}}, {name: v9-serin-canary, labels: {version: v9}}]}`,
		},
		"an undefined subset, one too long and one unused get none": {
			[]string{"nowhere", "a123456789-b123456789-c123456789-d123456789-e123456"},
			[]*unstructured.Unstructured{destinationRule(t, "web", "a",
				`{host: shop, subsets: [{name: unused}, {name: a123456789-b123456789-c123456789-d123456789-e123456}]}`)},
			`{host: shop.web.svc.cluster.local, subsets: [` + flow(serinSubsets) + `]}`,
		},
		"an empty subset is none": {
			[]string{"", traffic.EmptySubset}, nil,
			`{host: shop.web.svc.cluster.local, subsets: [` + flow(serinSubsets) + `,
			{name: serin-empty-serin-stable, labels: {pod-template-hash: abc}},
			{name: serin-empty-serin-canary, labels: {serin.dev/track: canary}}]}`,
		},
		"exportTo is the user's, or Istio would not merge the two": {
			[]string{""},
			[]*unstructured.Unstructured{destinationRule(t, "web", "a", `{host: shop.web.svc.cluster.local, exportTo: [".", edge]}`)},
			`{host: shop.web.svc.cluster.local, exportTo: [".", edge], subsets: [` + flow(serinSubsets) + `]}`,
		},
		"a wildcard rule that ours would hide is copied": {
			[]string{""},
			[]*unstructured.Unstructured{
				destinationRule(t, "istio-system", "all", `{host: "*", trafficPolicy: {tls: {mode: SIMPLE}}}`),
				destinationRule(t, "web", "cluster", `{host: "*.local", trafficPolicy: {tls: {mode: MUTUAL}}}`),
				destinationRule(t, "web", "ours", `{host: "*.web.svc.cluster.local", exportTo: ["."], trafficPolicy: {tls: {mode: DISABLE}}, subsets: [{name: v1}]}`),
			},
			`{host: shop.web.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}, subsets: [` + flow(serinSubsets) + `, {name: v1}]}`,
		},
		"so is one in the root namespace": {
			[]string{""},
			[]*unstructured.Unstructured{destinationRule(t, "istio-system", "all", `{host: "*.local", trafficPolicy: {tls: {mode: DISABLE}}}`)},
			`{host: shop.web.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}, subsets: [` + flow(serinSubsets) + `]}`,
		},
		"but not beside one that ours is merged with": {
			[]string{""},
			[]*unstructured.Unstructured{
				destinationRule(t, "web", "a", `{host: shop}`),
				destinationRule(t, "web", "all", `{host: "*.local", trafficPolicy: {tls: {mode: DISABLE}}}`),
			},
			`{host: shop.web.svc.cluster.local, subsets: [` + flow(serinSubsets) + `]}`,
		},
		"other hosts, namespaces and selected clients do not matter": {
			[]string{"v1"},
			[]*unstructured.Unstructured{
				destinationRule(t, "web", "a", `{host: cart, subsets: [{name: v1}], trafficPolicy: {tls: {mode: DISABLE}}}`),
				destinationRule(t, "web", "b", `{host: shop.web, subsets: [{name: v1}]}`),
				destinationRule(t, "outlet", "c", `{host: shop.web.svc.cluster.local, subsets: [{name: v1}]}`),
				destinationRule(t, "web", "d", `{host: shop, workloadSelector: {matchLabels: {a: b}}, subsets: [{name: v1}]}`),
			},
			`{host: shop.web.svc.cluster.local, subsets: [` + flow(serinSubsets) + `]}`,
		},
	}
	stable := map[string]string{"app": "shop", "version": "v1", "gone": "yes", "tier": "front", "pod-template-hash": "abc"}
	canary := map[string]string{"app": "shop", "version": "v2", "tier": "front"}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := traffic.DestinationRule(shop, stable, canary, c.subsets, c.rules)
			var want map[string]any
			if err := yaml.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(jsonValue(t, want), jsonValue(t, got.Object["spec"])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkDestinationRule(t, got)
		})
	}
}

// flow turns a YAML list of flow maps into the inside of a flow list.
func flow(list string) string {
	var items []any
	if err := yaml.Unmarshal([]byte(list), &items); err != nil {
		panic(err)
	}
	raw, _ := json.Marshal(items)
	return string(raw[1 : len(raw)-1])
}

func jsonValue(t *testing.T, value any) any {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func checkDestinationRule(t *testing.T, rule *unstructured.Unstructured) {
	t.Helper()
	var typed istio.DestinationRule
	if err := json.Unmarshal([]byte(jsonOf(t, rule)), &typed); err != nil {
		t.Fatalf("Istio's types do not read it: %v", err)
	}
	seen := map[string]bool{}
	for _, subset := range typed.Spec.Subsets {
		if seen[subset.Name] || len(subset.Name) > 63 || subset.Name == "" {
			t.Errorf("subset name %q", subset.Name)
		}
		seen[subset.Name] = true
	}
	if rule.GetName() != "shop-serin" || rule.GetNamespace() != "web" || rule.GetLabels()["app.kubernetes.io/managed-by"] != "serin" {
		t.Errorf("metadata %v", rule.Object["metadata"])
	}
}
