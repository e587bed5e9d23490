// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// source turns fuzzed bytes into choices; when they run out, every choice is the first.
type source struct{ data []byte }

func (s *source) pick(n int) int {
	if len(s.data) == 0 {
		return 0
	}
	b := int(s.data[0])
	s.data = s.data[1:]
	return b % n
}

func choose[T any](s *source, from ...T) T { return from[s.pick(len(from))] }

// virtualService is a valid one: every rule of several destinations has some weight.
func (s *source) virtualService() *unstructured.Unstructured {
	spec := map[string]any{"hosts": []any{"shop"}}
	for _, kind := range []string{"http", "tls", "tcp"} {
		var rules []any
		for range s.pick(4) {
			rule := map[string]any{"name": choose(s, "a", "b"), "future": []any{int64(1), 2.5, nil}}
			if s.pick(8) != 7 {
				rule["route"] = s.route()
			}
			rules = append(rules, rule)
		}
		if rules != nil || s.pick(2) == 1 {
			spec[kind] = rules
		}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
		"metadata": map[string]any{"name": "shop", "namespace": choose(s, "web", "edge")}, "spec": spec,
	}}
}

func (s *source) route() []any {
	route := []any{}
	var total int64
	for range 1 + s.pick(5) {
		entry := s.entry()
		total += weightIn(entry)
		route = append(route, entry)
	}
	if len(route) > 1 && total == 0 {
		route[0].(map[string]any)["weight"] = int64(1)
	}
	return route
}

func (s *source) entry() map[string]any {
	destination := map[string]any{"host": choose(s, "shop", "shop.web.svc.cluster.local", "cart", "legacy", "shop.edge", "cart.web")}
	if s.pick(3) == 1 {
		destination["port"] = map[string]any{"number": int64(80)}
	}
	if s.pick(3) == 1 {
		destination["subset"] = choose(s, "v1", "", "serin", "x-serin", "serin-empty", "v2-serin-stables", strings.Repeat("x", 50), strings.Repeat("x", 51))
	}
	entry := map[string]any{"destination": destination}
	if s.pick(4) == 1 {
		entry["headers"] = map[string]any{"request": map[string]any{"add": map[string]any{"x": choose(s, "1", "2")}}}
	}
	weight := choose[int64](s, -1, 100, 0, 1, 5, 20, 80, 1000, 5000, 10000, 214748, 214749, 2147483, 2000000, 1000003, math.MaxInt32/8,
		int64(s.pick(256)), int64(s.pick(256)<<8+s.pick(256)), int64(s.pick(64)<<16+s.pick(256)))
	if weight >= 0 {
		entry["weight"] = choose[any](s, weight, weight, weight, float64(weight))
	}
	return entry
}

func (s *source) edit(vs *unstructured.Unstructured) {
	spec := vs.Object["spec"].(map[string]any)
	rules, _ := spec[choose(s, "http", "tls", "tcp")].([]any)
	if len(rules) == 0 {
		return
	}
	rule := rules[s.pick(len(rules))].(map[string]any)
	route, _ := rule["route"].([]any)
	if len(route) == 0 {
		return
	}
	i := s.pick(len(route))
	entry, _ := route[i].(map[string]any)
	if entry == nil {
		route[i] = s.entry() // what an earlier edit broke
		return
	}
	switch s.pick(8) {
	case 0:
		rule["route"] = slices.Delete(route, i, i+1)
	case 1:
		rule["route"] = slices.Insert(route, i, any(s.entry()))
	case 2:
		route[0], route[i] = route[i], route[0]
	case 3:
		entry["weight"] = int64(s.pick(256) << s.pick(24))
	case 4:
		entry["headers"] = map[string]any{}
	case 5:
		delete(entry, "weight")
	case 6:
		route[i] = choose[any](s, nil, "text", map[string]any{}, map[string]any{"destination": 1.5}, map[string]any{"weight": "5"})
	case 7:
		entry["weight"] = choose[any](s, nil, "5", -1.0, 2.5, 1e300, int64(math.MaxInt64))
	}
}

func randomBytes(random *rand.Rand) []byte {
	data := make([]byte, random.IntN(200))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}
