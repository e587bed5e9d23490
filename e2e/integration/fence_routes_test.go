// SPDX-License-Identifier: Apache-2.0

package integration_test

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

var onRoutes = map[string]attempt{
	"take more hosts":                       {"routes", change(virtualServices, "shop", set([]any{"shop", "bank.example.test"}, "spec", "hosts"))},
	"open it to the world":                  {"routes", change(virtualServices, "shop", set([]any{"public/gateway"}, "spec", "gateways"))},
	"hide it":                               {"routes", change(virtualServices, "shop", set([]any{"."}, "spec", "exportTo"))},
	"label a VirtualService":                {"routes", change(virtualServices, "shop", set("serin", labelOf("app.kubernetes.io/managed-by")...))},
	"change a match":                        {"routes-rules", change(virtualServices, "shop", set("/", "spec", "http", 0, "match", 0, "uri", "prefix"))},
	"mirror to elsewhere":                   {"routes-rules", change(virtualServices, "shop", set("evil.example.test", "spec", "http", 2, "mirror", "host"))},
	"let requests fail":                     {"routes-rules", change(virtualServices, "shop", set(map[string]any{"abort": map[string]any{"httpStatus": int64(500), "percentage": map[string]any{"value": 100.0}}}, "spec", "http", 2, "fault"))},
	"take a rule away":                      {"routes-", change(virtualServices, "shop", cut("http", 0))},
	"put the rules in another order":        {"routes-", change(virtualServices, "shop", swapped("http", 0, 2))},
	"add a rule":                            {"routes-", change(virtualServices, "shop", set([]any{map[string]any{"route": []any{map[string]any{"destination": map[string]any{"host": "shop"}}}}}, "spec", "tcp"))},
	"send traffic to another host":          {"routes-destinations", change(virtualServices, "shop", set("evil.example.test", "spec", "http", 2, "route", 0, "destination", "host"))},
	"send traffic to another port":          {"routes-destinations", change(virtualServices, "shop", set(map[string]any{"number": int64(9)}, "spec", "http", 2, "route", 0, "destination", "port"))},
	"send traffic to another subset":        {"routes-destinations", change(virtualServices, "shop", set("v0", "spec", "http", 2, "route", 0, "destination", "subset"))},
	"add headers":                           {"routes-destinations", change(virtualServices, "shop", set(map[string]any{"request": map[string]any{"set": map[string]any{"x-user": "root"}}}, "spec", "http", 2, "route", 0, "headers"))},
	"take a destination away":               {"routes-destinations", change(virtualServices, "shop", cut("http", 0, "route", 2))},
	"change the weights of somebody else":   {"routes-subsets", change(virtualServices, "other", set(int64(0), "spec", "http", 0, "route", 0, "weight"))},
	"create routes for somebody else":       {"own-routes", create(virtualServices, "other", "mine", set([]any{"other"}, "spec", "hosts"))},
	"create routes for another host":        {"own-routes", create(virtualServices, "other", "other-serin", all(ours, set([]any{"bank.example.test"}, "spec", "hosts")))},
	"create routes to elsewhere":            {"own-routes-rules", ownRoutes(set("evil.example.test", "spec", "http", 0, "route", 0, "destination", "host"))},
	"create routes on a gateway":            {"own-routes-rules", ownRoutes(set([]any{"public/gateway"}, "spec", "gateways"))},
	"create routes that rewrite":            {"own-routes-rules", ownRoutes(set(map[string]any{"uri": "/"}, "spec", "http", 0, "rewrite"))},
	"delete a VirtualService":               {"deletions", remove(virtualServices, "shop")},
	"create a DestinationRule":              {"subsets", create(destinationRules, "shop-serin", "mine", set("other", "spec", "host"))},
	"create one for another host":           {"subsets", create(destinationRules, "shop-serin", "other-serin", set("bank.example.test", "spec", "host"))},
	"write somebody's DestinationRule":      {"subsets", change(destinationRules, "other", set(map[string]any{"tls": map[string]any{"mode": "DISABLE"}}, "spec", "trafficPolicy"))},
	"point our DestinationRule elsewhere":   {"subsets", change(destinationRules, "shop-serin", set("bank.example.test", "spec", "host"))},
	"label our DestinationRule":             {"subsets", change(destinationRules, "shop-serin", set("x", labelOf("team")...))},
	"annotate our DestinationRule":          {"subsets-spec", change(destinationRules, "shop-serin", set("x", noteOf("a")...))},
	"have our DestinationRule for some":     {"subsets-spec", change(destinationRules, "shop-serin", set(map[string]any{"matchLabels": map[string]any{"a": "b"}}, "spec", "workloadSelector"))},
	"delete a DestinationRule":              {"deletions", remove(destinationRules, "other")},
	"give the canary another share":         {"", change(virtualServices, "shop", all(set(int64(50), "spec", "http", 2, "route", 0, "weight"), set(int64(50), "spec", "http", 2, "route", 1, "weight")))},
	"create the routes of a Service":        {"", ownRoutes(func(*unstructured.Unstructured) {})},
	"delete the routes that Serin has made": {"", remove(virtualServices, "made-serin")},
	"write the subsets":                     {"", change(destinationRules, "shop-serin", set([]any{}, "spec", "subsets"))},
}

var ours = set("serin", labelOf("app.kubernetes.io/managed-by")...)

// ownRoutes creates what Serin would for a Service that nobody routes to.
func ownRoutes(e edit) func(*thief) error {
	return func(w *thief) error {
		host := "other." + w.namespace + ".svc.cluster.local"
		return w.creates(virtualServices, "other", "other-serin", all(ours, set([]any{host}, "spec", "hosts"), set([]any{
			map[string]any{"route": []any{map[string]any{"destination": map[string]any{"host": host}}}},
		}, "spec", "http"), e))
	}
}

// cut takes one of a list away.
func cut(path ...any) edit {
	return func(o *unstructured.Unstructured) {
		at, _ := path[len(path)-1].(int)
		list := look(o, path[:len(path)-1])
		put(o.Object, append(append([]any{}, list[:at]...), list[at+1:]...), append([]any{"spec"}, path[:len(path)-1]...))
	}
}

func swapped(kind string, i, j int) edit {
	return func(o *unstructured.Unstructured) {
		list := look(o, []any{kind})
		list[i], list[j] = list[j], list[i]
	}
}

func look(o *unstructured.Unstructured, path []any) []any {
	in := o.Object["spec"]
	for _, step := range path {
		if at, ok := step.(int); ok {
			in = in.([]any)[at]
		} else {
			in = in.(map[string]any)[step.(string)]
		}
	}
	return in.([]any)
}
