// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/traffic"
)

// rule is a VirtualService in namespace web with one http rule. Entries are written "host/subset weight", for example
// "shop/serin-canary 5", "shop 100", "shop".
func rule(t testing.TB, entries ...string) *unstructured.Unstructured {
	t.Helper()
	var text strings.Builder
	text.WriteString("{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: shop, namespace: web}, spec: {hosts: [shop], http: [{route: [")
	for _, entry := range entries {
		target, weight, weighted := strings.Cut(entry, " ")
		host, subset, named := strings.Cut(target, "/")
		text.WriteString("{destination: {host: " + host)
		if named {
			text.WriteString(", subset: " + subset)
		}
		text.WriteString("}")
		if weighted {
			text.WriteString(", weight: " + weight)
		}
		text.WriteString("},")
	}
	text.WriteString("]}]}}")
	return parse(t, text.String())
}

// entries is the reverse of rule.
func entries(vs *unstructured.Unstructured) []string {
	var list []string
	for _, entry := range routesOf(vs)[0] {
		text, _ := destinationIn(entry)["host"].(string)
		if subset, named := destinationIn(entry)["subset"]; named {
			text += fmt.Sprintf("/%v", subset)
		}
		if weight, weighted := entry.(map[string]any)["weight"]; weighted {
			text += fmt.Sprintf(" %v", weight)
		}
		list = append(list, text)
	}
	return list
}

func TestSplit(t *testing.T) {
	cases := map[string]struct {
		rule     []string
		permille int
		want     []string
	}{
		"a destination without weight adds up to 100": {
			[]string{"shop"}, 50, []string{"shop/serin-stable 95", "shop/serin-canary 5"},
		},
		"tenths of a percent add up to 1000": {
			[]string{"shop"}, 5, []string{"shop/serin-stable 995", "shop/serin-canary 5"},
		},
		"weight 100 is remembered by the order": {
			[]string{"shop 100"}, 50, []string{"shop/serin-canary 5", "shop/serin-stable 95"},
		},
		"at 0 the canary is there with weight 0": {
			[]string{"shop"}, 0, []string{"shop/serin-stable 100", "shop/serin-canary 0"},
		},
		"at 1000 stable is there with weight 0": {
			[]string{"shop"}, 1000, []string{"shop/serin-stable 0", "shop/serin-canary 100"},
		},
		"below 0 is 0": {
			[]string{"shop"}, -7, []string{"shop/serin-stable 100", "shop/serin-canary 0"},
		},
		"above 1000 is 1000": {
			[]string{"shop"}, 2000, []string{"shop/serin-stable 0", "shop/serin-canary 100"},
		},
		"a third destination keeps its number while whole numbers do": {
			[]string{"shop 80", "legacy 20"}, 50, []string{"shop/serin-stable 76", "shop/serin-canary 4", "legacy 20"},
		},
		"a third destination is multiplied where they do not": {
			[]string{"shop 5", "legacy 20"}, 333, []string{"shop/serin-canary 1665", "shop/serin-stable 3335", "legacy 20000"},
		},
		"a destination without traffic stays as it is": {
			[]string{"shop/v1 0", "shop/v2", "legacy 1"}, 50, []string{"shop/v1 0", "shop/v2", "legacy 1"},
		},
		"a rule without any weight has no traffic to split": {
			[]string{"shop", "legacy"}, 50, []string{"shop", "legacy"},
		},
		"the last weight that can be multiplied": {
			[]string{"shop 1", "legacy 2147482"}, 1, []string{"shop/serin-canary 1", "shop/serin-stable 999", "legacy 2147482000"},
		},
		"beyond it, heavy destinations are rounded": {
			[]string{"shop 2147483", "legacy 1"}, 1, []string{"shop/serin-stable 2145336", "shop/serin-canary 2147", "legacy 1"},
		},
		"beyond it, light destinations are left alone": {
			[]string{"shop 1", "legacy 2147483"}, 1, []string{"shop 1", "legacy 2147483"},
		},
		"a weight that is no number leaves the rule alone": {
			[]string{"shop 50", "legacy many"}, 50, []string{"shop 50", "legacy many"},
		},
		"a fraction leaves the rule alone": {
			[]string{"shop 50.5", "legacy 49.5"}, 50, []string{"shop 50.5", "legacy 49.5"},
		},
		"a negative weight leaves the rule alone": {
			[]string{"shop -5"}, 50, []string{"shop -5"},
		},
		"a weight of null leaves the rule alone": {
			[]string{"shop null"}, 50, []string{"shop <nil>"},
		},
		"another Service's pair is scaled with the rule": {
			[]string{"cart/serin-stable 19", "cart/serin-canary 1", "shop 5"}, 333,
			[]string{"cart/serin-canary 1000", "cart/serin-stable 19000", "shop/serin-canary 1665", "shop/serin-stable 3335"},
		},
		"half a pair is split again": {
			[]string{"shop/serin-stable 80", "legacy 20"}, 50, []string{"shop/serin-stable 76", "shop/serin-canary 4", "legacy 20"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, _ := traffic.Split(rule(t, c.rule...), shop, c.permille)
			if diff := cmp.Diff(c.want, entries(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRestoreAfterEdits(t *testing.T) {
	cases := map[string]struct{ rule, want []string }{
		"the canary's entry is gone":           {[]string{"shop/serin-stable 95"}, []string{"shop 95"}},
		"the stable entry is gone":             {[]string{"shop/v1-serin-canary 5"}, []string{"shop/v1 5"}},
		"a weight was taken away":              {[]string{"shop/serin-stable 100", "shop/serin-canary"}, []string{"shop"}},
		"the weights were changed by hand":     {[]string{"shop/serin-stable 50", "shop/serin-canary 50"}, []string{"shop"}},
		"they no longer add up to a known sum": {[]string{"shop/serin-canary 7", "shop/serin-stable 9"}, []string{"shop 16"}},
		"a destination was added to weight 100": {
			[]string{"shop/serin-canary 5", "shop/serin-stable 95", "legacy 25"}, []string{"shop 100", "legacy 25"},
		},
		"a destination was added to a multiplied rule": {
			[]string{"shop/serin-canary 1665", "shop/serin-stable 3335", "legacy 20000", "new 20"}, []string{"shop 5000", "legacy 20000", "new 20"},
		},
		"a multiplied one was added to it": {
			[]string{"shop/serin-canary 1665", "shop/serin-stable 3335", "legacy 20000", "new 7000"}, []string{"shop 5", "legacy 20", "new 7"},
		},
		"a destination came between the two": {
			[]string{"shop/serin-stable 95", "legacy 10", "shop/serin-canary 5"}, []string{"shop 95", "legacy 10", "shop 5"},
		},
		"the sum would not be a weight": {
			[]string{"shop/serin-stable 2147483647", "shop/serin-canary 1"}, []string{"shop 2147483647", "shop 1"},
		},
		"the subsets are two users'": {
			[]string{"shop/v1-serin-stable 95", "shop/v2-serin-canary 5"}, []string{"shop/v1 95", "shop/v2 5"},
		},
		"names that only look alike are the user's": {
			[]string{"shop/myserin-stable 95", "shop/-serin-canary 5"}, []string{"shop/myserin-stable 95", "shop/-serin-canary 5"},
		},
		"another Service's split is not ours": {
			[]string{"cart/serin-stable 95", "cart/serin-canary 5"}, []string{"cart/serin-stable 95", "cart/serin-canary 5"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, _ := traffic.Restore(rule(t, c.rule...), shop)
			if diff := cmp.Diff(c.want, entries(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRead(t *testing.T) {
	cases := map[string]struct {
		rule []string
		want traffic.Reading
	}{
		"a plain destination":             {[]string{"shop"}, traffic.Reading{Destinations: 1, Uniform: true}},
		"none of the Service":             {[]string{"cart"}, traffic.Reading{Uniform: true}},
		"one without traffic":             {[]string{"shop 0", "cart 1"}, traffic.Reading{Uniform: true}},
		"a pair counts once":              {[]string{"shop/serin-stable 995", "shop/serin-canary 5"}, traffic.Reading{1, 1, 5, true}},
		"a pair without traffic":          {[]string{"shop/serin-stable 0", "shop/serin-canary 0", "cart 1"}, traffic.Reading{Uniform: true}},
		"a canary alone has everything":   {[]string{"shop/serin-canary 5"}, traffic.Reading{1, 1, 1000, true}},
		"stable alone leaves it nothing":  {[]string{"shop/serin-stable"}, traffic.Reading{1, 1, 0, true}},
		"a trace is not nothing":          {[]string{"shop/serin-stable 999999", "shop/serin-canary 1"}, traffic.Reading{1, 1, 1, true}},
		"nearly everything is not that":   {[]string{"shop/serin-stable 1", "shop/serin-canary 999999"}, traffic.Reading{1, 1, 999, true}},
		"the largest of different shares": {[]string{"shop/serin-stable 9", "shop/serin-canary 1", "shop/v1-serin-stable 7", "shop/v1-serin-canary 3"}, traffic.Reading{2, 2, 300, false}},
		"one of two is split":             {[]string{"shop/serin-stable 9", "shop/serin-canary 1", "shop/v1 10"}, traffic.Reading{2, 1, 100, true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, traffic.Read(rule(t, c.rule...), shop)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRoutesAndGoverns(t *testing.T) {
	object := func(spec string) *unstructured.Unstructured {
		return parse(t, "{kind: VirtualService, apiVersion: networking.istio.io/v1, metadata: {name: x, namespace: web}, spec: "+spec+"}")
	}
	cases := map[string]struct {
		spec            string
		routes, governs bool
	}{
		"a route in the mesh":               {"{hosts: [shop], http: [{route: [{destination: {host: shop}}]}]}", true, true},
		"a route with weight 0":             {"{hosts: [shop], http: [{route: [{destination: {host: shop}, weight: 0}, {destination: {host: cart}, weight: 1}]}]}", true, true},
		"a tcp route from a gateway":        {"{hosts: [shop], gateways: [edge], tcp: [{route: [{destination: {host: shop}}]}]}", true, false},
		"a gateway and the mesh":            {"{hosts: ['*.web.svc.cluster.local'], gateways: [edge, mesh], tls: [{route: [{destination: {host: shop}}]}]}", true, true},
		"a public host in the mesh":         {"{hosts: [shop.example.com], http: [{route: [{destination: {host: shop}}]}]}", true, false},
		"only a redirect":                   {"{hosts: [shop], http: [{redirect: {uri: /}}]}", false, true},
		"a host that Istio does not expand": {"{hosts: [shop.web], http: []}", false, false},
		"a delegate":                        {"{http: [{route: [{destination: {host: shop}}]}]}", true, false},
		"nothing":                           {"{}", false, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := traffic.Routes(object(c.spec), shop); got != c.routes {
				t.Errorf("Routes = %v", got)
			}
			if got := traffic.Governs(object(c.spec), shop); got != c.governs {
				t.Errorf("Governs = %v", got)
			}
		})
	}
}

func TestSubsetsAreTheSameInBothForms(t *testing.T) {
	user := rule(t, "shop/v2 5", "shop 5", `shop/"" 5`, "cart/v9 5", "shop/v1 0")
	split, _ := traffic.Split(user, shop, 333)
	want := []string{"", traffic.EmptySubset, "v1", "v2"}
	for form, vs := range map[string]*unstructured.Unstructured{"unsplit": user, "split": split} {
		if diff := cmp.Diff(want, traffic.Subsets([]*unstructured.Unstructured{vs, user}, shop)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
	}
}

func TestNothingToDoReturnsTheObjectItself(t *testing.T) {
	for name, vs := range map[string]*unstructured.Unstructured{"nil": nil, "empty": {}, "foreign": rule(t, "cart"), "odd": parse(t,
		"{kind: VirtualService, spec: {http: {a: 1}, tls: [1, null, {route: x}], tcp: [{route: [null, {destination: 5}, {destination: {host: 7}}]}]}}")} {
		for call, do := range map[string]func() (*unstructured.Unstructured, bool){
			"Split":   func() (*unstructured.Unstructured, bool) { return traffic.Split(vs, shop, 50) },
			"Restore": func() (*unstructured.Unstructured, bool) { return traffic.Restore(vs, shop) },
		} {
			if out, changed := do(); out != vs || changed {
				t.Errorf("%s of %s changed something", call, name)
			}
		}
	}
}

func TestResultsShareNoMemory(t *testing.T) {
	user := parse(t, `{kind: VirtualService, metadata: {namespace: web}, spec: {http: [{route: [{destination: {host: shop}, headers: {request: {add: {x: one}}}}]}]}}`)
	split, _ := traffic.Split(user, shop, 50)
	route := routesOf(split)[0]
	route[0].(map[string]any)["headers"].(map[string]any)["request"] = "changed"
	for _, other := range []any{route[1], routesOf(user)[0][0]} {
		if other.(map[string]any)["headers"].(map[string]any)["request"] == "changed" {
			t.Error("a change to one entry reached another")
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	entries := []string{"shop 80", "legacy 20"}
	b.Run("change", func(b *testing.B) {
		vs := rule(b, entries...)
		b.ReportAllocs()
		for b.Loop() {
			traffic.Split(vs, shop, 50)
		}
	})
	b.Run("same", func(b *testing.B) {
		vs, _ := traffic.Split(rule(b, entries...), shop, 50)
		b.ReportAllocs()
		for b.Loop() {
			traffic.Split(vs, shop, 50)
		}
	})
	b.Run("foreign", func(b *testing.B) {
		vs := rule(b, "cart 80", "legacy 20")
		b.ReportAllocs()
		for b.Loop() {
			traffic.Split(vs, shop, 50)
		}
	})
}
