// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
		"all ports are TLS":                         {svc: service(corev1.ServicePort{Name: "tls"}), want: []string{"!ServiceUnsuitable Service web/shop", "PortNotSplit Service web/shop", "ShareMissed Service web/shop"}},
		"one port is TLS":                           {svc: service(corev1.ServicePort{Name: "http"}, corev1.ServicePort{Name: "https"}), want: []string{"PortNotSplit Service web/shop", "ShareMissed Service web/shop"}},
		"a port has no rule":                        {svc: service(corev1.ServicePort{Name: "http"}, corev1.ServicePort{Name: "tcp"}), vss: objects{plain}, want: []string{"PortNotSplit Service web/shop", "ShareMissed Service web/shop"}},
		"a tcp port has a rule for another":         {svc: service(corev1.ServicePort{Name: "tcp"}), vss: with("{hosts: [shop], tcp: [{match: [{port: 1}], route: [{destination: {host: shop}}]}]}"), want: []string{"PortNotSplit Service web/shop", "ShareMissed Service web/shop"}},
		"a tcp port has a rule for some clients":    {svc: service(corev1.ServicePort{Name: "tcp"}), vss: with("{hosts: [shop], tcp: [{match: [{port: 8080, sourceLabels: {a: b}}], route: [{destination: {host: shop}}]}]}"), want: []string{"PortNotSplit Service web/shop", "ShareMissed Service web/shop"}},
		"a tcp port has a rule for the rest":        {svc: service(corev1.ServicePort{Name: "tcp"}), vss: with("{hosts: [shop], tcp: [{match: [{sourceLabels: {a: b}}, {port: 8080}], route: [{destination: {host: shop}}]}]}")},
		"a tcp rule without a match":                {svc: service(corev1.ServicePort{Name: "tcp"}, corev1.ServicePort{Name: "tcp-2"}), vss: with("{hosts: [shop], tcp: [{route: [{destination: {host: shop}}]}]}")},
		"a tls port has a rule":                     {svc: service(corev1.ServicePort{Name: "tls"}), vss: with("{hosts: [shop], tls: [{match: [{port: 8080, sniHosts: [shop]}], route: [{destination: {host: shop}}]}]}")},
		"a VirtualService without rules":            {svc: http, vss: with("{hosts: [shop]}"), want: []string{"PortNotSplit Service web/shop", "ShareMissed Service web/shop"}},
		"a host that Istio does not complete":       {svc: http, vss: route("{route: [{destination: {host: shop.web.svc}}]}"), want: []string{"HostNotExpanded VirtualService web/shop"}},
		"a host in another domain":                  {svc: http, vss: route("{route: [{destination: {host: shop}}]}, {route: [{destination: {host: shop.web.svc.old.example}}]}"), want: []string{"HostUnresolved VirtualService web/shop"}},
		"a host that is a wildcard":                 {svc: http, vss: route("{route: [{destination: {host: shop}}]}, {route: [{destination: {host: '*.web.svc.cluster.local'}}]}"), want: []string{"HostUnresolved VirtualService web/shop"}},
		"two VirtualServices for one host":          {svc: http, vss: objects{plain, virtualService(t, "web", "zwei", "{hosts: [shop.web.svc.cluster.local], http: [{route: [{destination: {host: shop}}]}]}")}, want: []string{"HostShared VirtualService web/zwei"}},
		"one that sends nothing to the Service":     {svc: http, vss: route("{redirect: {uri: /}}"), want: []string{"HostTaken VirtualService web/shop"}},
		"one that is bound to a gateway only":       {svc: http, vss: with("{hosts: [shop.example.com], gateways: [edge], http: [{route: [{destination: {host: shop}}]}]}"), want: []string{"MeshNotGoverned VirtualService web/shop"}},
		"a delegate that is there":                  {svc: http, vss: append(route("{delegate: {name: sub, namespace: edge}}"), virtualService(t, "edge", "sub", "{http: [{route: [{destination: {host: shop.web.svc.cluster.local}}]}]}"))},
		"a delegate that is missing":                {svc: http, vss: route("{delegate: {name: sub}}"), want: []string{"DelegateMissing VirtualService web/shop"}},
		"mirrors":                                   {svc: http, vss: route("{route: [{destination: {host: shop}}], mirrors: [{destination: {host: shop}}, {destination: {host: shadow}}]}"), want: []string{"Mirrored VirtualService web/shop"}},
		"an unreadable weight":                      {svc: http, vss: route("{route: [{destination: {host: shop}, weight: 0.5}, {destination: {host: cart}, weight: 1}]}"), want: []string{"!WeightUnreadable VirtualService web/shop", "ShareMissed Service web/shop"}},
		"weights too large":                         {svc: http, vss: route("{route: [{destination: {host: shop}, weight: 5}, {destination: {host: cart}, weight: 2147483}]}"), want: []string{"!WeightsTooLarge VirtualService web/shop", "ShareMissed Service web/shop"}},
		"a subset's name too long":                  {svc: http, vss: route("{route: [{destination: {host: shop, subset: a123456789-b123456789-c123456789-d123456789-e123456}}]}"), drs: rule("web", "{host: shop, subsets: [{name: a123456789-b123456789-c123456789-d123456789-e123456}]}"), want: []string{"!SubsetNotSplittable VirtualService web/shop", "ShareMissed Service web/shop"}},
		"a rule of a later Istio":                   {svc: http, vss: with("{hosts: [shop], http: [{route: [{destination: {host: shop}}]}], quic: [{route: [{destination: {host: shop}}]}]}"), want: []string{"ShareMissed Service web/shop", "RuleNotUnderstood VirtualService web/shop"}},
		"a part of a rule of a later Istio":         {svc: http, vss: route("{cascade: [{host: shop.web.svc.cluster.local}]}, {route: [{destination: {host: shop}}]}"), want: []string{"ShareMissed Service web/shop", "RuleNotUnderstood VirtualService web/shop"}},
		"one that leads elsewhere":                  {svc: http, vss: route("{cascade: [{host: cart}, {host: shop.outlet.svc.cluster.local}]}, {route: [{destination: {host: shop}}]}")},
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
		"the same, and the VirtualService with it":  {svc: http, vss: with("{hosts: [shop], exportTo: [web], http: [{route: [{destination: {host: shop}}]}]}"), drs: rule("web", "{host: shop, exportTo: ['.']}"), want: []string{"RoutesNotExported VirtualService web/shop"}},
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

func TestTheShareThatIsMissedIsTold(t *testing.T) {
	long := "a123456789-b123456789-c123456789-d123456789-e123456"
	cases := map[string]struct {
		rules string
		ports []corev1.ServicePort
		want  string // the share and the sum of ways; empty if nothing is missed
	}{
		"nothing": {rules: "{route: [{destination: {host: shop}}]}"},
		"one of two rules": {
			rules: "{route: [{destination: {host: shop}}]}, {route: [{destination: {host: shop, subset: " + long + "}}]}",
			want:  "50 % of its requests are not divided, if all 2 rules and ports that lead to it are equally busy: 100 % of spec.http[1]",
		},
		"a destination beside others": {
			rules: "{route: [{destination: {host: shop}, weight: 70}, {destination: {host: shop, subset: " + long + "}, weight: 10}, {destination: {host: cart}, weight: 20}]}",
			want:  "12.5 % of its requests are not divided: 10 % of spec.http[0]",
		},
		"a destination without traffic": {
			rules: "{route: [{destination: {host: shop}, weight: 70}, {destination: {host: shop, subset: " + long + "}, weight: 0}]}",
		},
		"a rule that is too heavy as a whole": {
			rules: "{route: [{destination: {host: shop}, weight: 1500000}, {destination: {host: shop, subset: v1}, weight: 3}, {destination: {host: cart}, weight: 1500003}]}",
			want:  "100 % of its requests are not divided: 50 % of spec.http[0]",
		},
		"a port": {
			rules: "{route: [{destination: {host: shop}}]}",
			ports: []corev1.ServicePort{{Name: "http"}, {Name: "tcp"}, {Name: "tcp-2"}},
			want:  "66.7 % of its requests are not divided, if all 3 rules and ports that lead to it are equally busy: 100 % of port 8081, 100 % of port 8082",
		},
		"a trace": {
			rules: "{route: [{destination: {host: shop}, weight: 2000000}, {destination: {host: shop, subset: " + long + "}, weight: 1}]}",
			want:  "less than 0.1 % of its requests",
		},
		"all but a trace": {
			rules: "{route: [{destination: {host: shop}, weight: 1}, {destination: {host: shop, subset: " + long + "}, weight: 2000000}]}",
			want:  "more than 99.9 % of its requests",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.ports == nil {
				c.ports = []corev1.ServicePort{{Name: "http"}}
			}
			vs := virtualService(t, "web", "shop", "{hosts: [shop], http: ["+c.rules+"]}")
			got := ""
			for _, problem := range traffic.Problems(service(c.ports...), objects{vs}, nil, shop) {
				if problem.Rule == "ShareMissed" {
					got = problem.Message
				}
			}
			if (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheOlderVirtualServiceIsTheOneThatIsFollowed(t *testing.T) {
	spec := "{hosts: [shop], http: [{route: [{destination: {host: shop}}]}]}"
	newer, older := virtualService(t, "web", "a", spec), virtualService(t, "web", "b", spec)
	newer.SetCreationTimestamp(metav1.Unix(200, 0))
	older.SetCreationTimestamp(metav1.Unix(100, 0))
	for _, problem := range traffic.Problems(service(corev1.ServicePort{Name: "http"}), objects{newer, older}, nil, shop) {
		if problem.Object != "VirtualService web/a" || !strings.HasPrefix(problem.Message, "VirtualService web/b answers") {
			t.Errorf("%+v", problem)
		}
	}
}
