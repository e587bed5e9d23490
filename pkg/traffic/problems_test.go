// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/traffic"
)

type objects = []*unstructured.Unstructured

func virtualService(t testing.TB, namespace, name, spec string) *unstructured.Unstructured {
	t.Helper()
	return parse(t, "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: "+name+", namespace: "+namespace+"}, spec: "+spec+"}")
}

func TestProblems(t *testing.T) {
	http := service(corev1.ServicePort{Name: "http"})
	plain := virtualService(t, "web", "shop", "{hosts: [shop], http: [{route: [{destination: {host: shop}}]}]}")
	split, _ := traffic.Split(plain, shop, 50)
	headless, alias := service(corev1.ServicePort{Name: "http"}), service(corev1.ServicePort{Name: "http"})
	headless.Spec.ClusterIP = corev1.ClusterIPNone
	alias.Spec.Type = corev1.ServiceTypeExternalName
	flagger, argo := plain.DeepCopy(), destinationRule(t, "web", "argo", "{host: shop}")
	if err := unstructured.SetNestedSlice(flagger.Object, []any{map[string]any{
		"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": "shop", "uid": "1",
	}}, "metadata", "ownerReferences"); err != nil {
		t.Fatal(err)
	}
	argo.SetAnnotations(map[string]string{"argo-rollouts.argoproj.io/managed-by-rollouts": "shop"})
	with := func(spec string) objects { return objects{virtualService(t, "web", "shop", spec)} }
	route := func(rule string) objects { return with("{hosts: [shop], http: [" + rule + "]}") }
	rule := func(namespace, spec string) objects { return objects{destinationRule(t, namespace, "user", spec)} }

	cases := map[string]struct {
		svc  *corev1.Service
		vss  objects
		drs  objects
		want []string // "Rule object", with a "!" before those that block
	}{
		"all is well without VirtualServices":       {svc: http},
		"all is well with one":                      {svc: http, vss: objects{plain}},
		"all is well with a split one":              {svc: http, vss: objects{split}, drs: rule("web", "{host: shop}")},
		"ours are not judged":                       {svc: http, vss: objects{traffic.Own(http, shop, 50)}, drs: objects{traffic.DestinationRule(shop, nil, nil, nil, nil)}},
		"the Service is missing":                    {vss: objects{plain}, want: []string{"!ServiceUnsuitable Service web/shop"}},
		"the Service is headless":                   {svc: headless, want: []string{"!ServiceUnsuitable Service web/shop"}},
		"the Service is an alias":                   {svc: alias, want: []string{"!ServiceUnsuitable Service web/shop"}},
		"all ports are TLS":                         {svc: service(corev1.ServicePort{Name: "tls"}), want: []string{"!ServiceUnsuitable Service web/shop", "PortNotSplit Service web/shop"}},
		"one port is TLS":                           {svc: service(corev1.ServicePort{Name: "http"}, corev1.ServicePort{Name: "https"}), want: []string{"PortNotSplit Service web/shop"}},
		"a port has no rule":                        {svc: service(corev1.ServicePort{Name: "http"}, corev1.ServicePort{Name: "tcp"}), vss: objects{plain}, want: []string{"PortNotSplit Service web/shop"}},
		"a host that Istio does not complete":       {svc: http, vss: route("{route: [{destination: {host: shop.web.svc}}]}"), want: []string{"HostNotExpanded VirtualService web/shop"}},
		"a host in another domain":                  {svc: http, vss: route("{route: [{destination: {host: shop}}]}, {route: [{destination: {host: shop.web.svc.old.example}}]}"), want: []string{"HostUnresolved VirtualService web/shop"}},
		"a host that is a wildcard":                 {svc: http, vss: route("{route: [{destination: {host: shop}}]}, {route: [{destination: {host: '*.web.svc.cluster.local'}}]}"), want: []string{"HostUnresolved VirtualService web/shop"}},
		"two VirtualServices for one host":          {svc: http, vss: objects{plain, virtualService(t, "web", "zwei", "{hosts: [shop.web.svc.cluster.local], http: [{route: [{destination: {host: shop}}]}]}")}, want: []string{"HostShared VirtualService web/zwei"}},
		"one that sends nothing to the Service":     {svc: http, vss: route("{redirect: {uri: /}}"), want: []string{"HostTaken VirtualService web/shop"}},
		"one that is bound to a gateway only":       {svc: http, vss: with("{hosts: [shop.example.com], gateways: [edge], http: [{route: [{destination: {host: shop}}]}]}"), want: []string{"MeshNotGoverned VirtualService web/shop"}},
		"a delegate that is there":                  {svc: http, vss: append(route("{delegate: {name: sub, namespace: edge}}"), virtualService(t, "edge", "sub", "{http: [{route: [{destination: {host: shop.web.svc.cluster.local}}]}]}"))},
		"a delegate that is missing":                {svc: http, vss: route("{delegate: {name: sub}}"), want: []string{"DelegateMissing VirtualService web/shop"}},
		"mirrors":                                   {svc: http, vss: route("{route: [{destination: {host: shop}}], mirrors: [{destination: {host: shop}}, {destination: {host: shadow}}]}"), want: []string{"Mirrored VirtualService web/shop"}},
		"an unreadable weight":                      {svc: http, vss: route("{route: [{destination: {host: shop}, weight: 0.5}, {destination: {host: cart}, weight: 1}]}"), want: []string{"!WeightUnreadable VirtualService web/shop"}},
		"weights too large":                         {svc: http, vss: route("{route: [{destination: {host: shop}, weight: 5}, {destination: {host: cart}, weight: 2147483}]}"), want: []string{"!WeightsTooLarge VirtualService web/shop"}},
		"a subset's name too long":                  {svc: http, vss: route("{route: [{destination: {host: shop, subset: a123456789-b123456789-c123456789-d123456789-e123456}}]}"), drs: rule("web", "{host: shop, subsets: [{name: a123456789-b123456789-c123456789-d123456789-e123456}]}"), want: []string{"!SubsetNotSplittable VirtualService web/shop"}},
		"half a split":                              {svc: http, vss: route("{route: [{destination: {host: shop, subset: serin-stable}}]}"), want: []string{"SplitEdited VirtualService web/shop"}},
		"another Service's canary in the same rule": {svc: http, vss: route("{route: [{destination: {host: shop}, weight: 5}, {destination: {host: cart, subset: serin-stable}, weight: 9}, {destination: {host: cart, subset: serin-canary}, weight: 1}]}"), want: []string{"RuleShared VirtualService web/shop"}},
		"Flagger writes it":                         {svc: http, vss: objects{flagger}, want: []string{"!OtherController VirtualService web/shop"}},
		"Argo Rollouts writes it":                   {svc: http, drs: objects{argo}, want: []string{"!OtherController DestinationRule web/argo"}},
		"a rule in a client's namespace":            {svc: http, drs: rule("outlet", "{host: '*.local'}"), want: []string{"!RuleHidesOurs DestinationRule outlet/user"}},
		"a same-named host there is another":        {svc: http, drs: rule("outlet", "{host: shop}")},
		"a rule in the root namespace":              {svc: http, drs: rule("istio-system", "{host: '*.local'}")},
		"a private rule in the root namespace":      {svc: http, drs: rule("istio-system", "{host: '*.local', exportTo: ['.']}"), want: []string{"!RuleHidesOurs DestinationRule istio-system/user"}},
		"a rule for selected clients":               {svc: http, drs: rule("web", "{host: shop, workloadSelector: {matchLabels: {a: b}}}"), want: []string{"!RuleForSelectedClients DestinationRule web/user"}},
		"a rule that others do not see":             {svc: http, vss: objects{plain}, drs: rule("web", "{host: shop, exportTo: ['.']}"), want: []string{"!RuleNotExported VirtualService web/shop"}},
		"the same, and the VirtualService with it":  {svc: http, vss: with("{hosts: [shop], exportTo: [web], http: [{route: [{destination: {host: shop}}]}]}"), drs: rule("web", "{host: shop, exportTo: ['.']}")},
		"the same, and only ours":                   {svc: http, drs: rule("web", "{host: shop, exportTo: ['.']}"), want: []string{"!RuleNotExported Service web/shop"}},
		"rules that differ in who sees them":        {svc: http, drs: append(rule("web", "{host: shop}"), destinationRule(t, "web", "z", "{host: shop, exportTo: [edge]}")), want: []string{"!RulesExportedDifferently DestinationRule web/z"}},
		"a subset that nobody defines":              {svc: http, vss: route("{route: [{destination: {host: shop, subset: v1}}]}"), drs: rule("web", "{host: shop}"), want: []string{"SubsetUndefined VirtualService web/shop"}},
		"a subset that a wildcard rule defines":     {svc: http, vss: route("{route: [{destination: {host: shop, subset: v1}}]}"), drs: rule("web", "{host: '*.local', subsets: [{name: v1}]}")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, problem := range traffic.Problems(c.svc, c.vss, c.drs, shop) {
				mark := ""
				if problem.Blocking {
					mark = "!"
				}
				got = append(got, mark+problem.Rule+" "+problem.Object)
				if problem.Message == "" {
					t.Errorf("%s says nothing", problem.Rule)
				}
				t.Log(problem.Message)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
