// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// target is a cluster's name taken apart: outbound|80|v1|shop.web.svc.cluster.local.
type target struct{ direction, port, subset, host string }

func targetOf(name string) (target, bool) {
	parts := strings.SplitN(name, "|", 4)
	if len(parts) < 4 {
		return target{}, false
	}
	return target{parts[0], parts[1], parts[2], parts[3]}, true
}

func (t target) String() string {
	return strings.Join([]string{t.direction, t.port, t.subset, t.host}, "|")
}

// half tells what a cluster's half of a pair was before, and which it is; half is empty if it is none.
func (c *testCase) half(name string) (whole, half string) {
	t, ok := targetOf(name)
	if !ok || !c.isHost(t.host) {
		return name, ""
	}
	for _, half := range []string{"stable", "canary"} {
		subset, ok := strings.CutSuffix(t.subset, "serin-"+half)
		if !ok || (subset != "" && !strings.HasSuffix(subset, "-")) {
			continue
		}
		if t.subset = strings.TrimSuffix(subset, "-"); t.subset == "serin-empty" {
			t.subset = ""
		}
		return t.String(), half
	}
	return name, ""
}

// pair is a destination that was found split, or not split although it leads to the Service.
type pair struct {
	whole          string
	stable, canary int64
	undivided      bool
}

// joined is a copy of a configuration in which pairs are one destination again, and weights have no common factor. found are the
// destinations of the Service that it had, in their order.
func (c *testCase) joined(value any, found *[]pair) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, 0, len(value))
		for _, item := range value {
			list = append(list, c.joined(item, found))
		}
		return list
	case map[string]any:
		fields := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			switch key {
			case "requestMirrorPolicies":
				fields[key] = value[key] // copies of requests take no part
			case "decorator", "statPrefix":
				// Names of spans and statistics: istiod takes them from the cluster where there is one, else from the VirtualService.
			case "retryHostPredicate":
				// With consistent hashing, istiod has retries avoid the same host where there are several destinations only.
			default:
				fields[key] = c.joined(value[key], found)
			}
		}
		anonymous(fields)
		c.joinHere(fields, found)
		lift(fields)
		return fields
	default:
		return value
	}
}

// joinHere treats a map that chooses a cluster, such as an http route's action or a tcp proxy.
func (c *testCase) joinHere(fields map[string]any, found *[]pair) {
	if name, ok := fields["cluster"].(string); ok {
		if t, ok := targetOf(name); ok && c.isHost(t.host) {
			*found = append(*found, pair{whole: name, undivided: true})
		}
	}
	if policies, ok := fields["hashPolicy"].([]any); ok { // istiod repeats it for each destination
		fields["hashPolicy"] = slices.CompactFunc(policies, reflect.DeepEqual)
	}
	weighted, _ := fields["weightedClusters"].(map[string]any)
	if weighted == nil {
		return
	}
	list, _ := weighted["clusters"].([]any)
	list = c.joinNeighbours(list, found)
	reduce(list)
	slices.SortStableFunc(list, func(a, b any) int { // another Service's pair may stand the other way round
		return strings.Compare(nameOf(a), nameOf(b))
	})
	weighted["clusters"] = list
	if len(list) == 1 { // istiod writes a single destination in a simpler way
		only, _ := list[0].(map[string]any)
		delete(fields, "weightedClusters")
		fields["cluster"] = only["name"]
		if rest := without(only, "name", "weight"); len(rest) > 0 {
			fields["only"] = rest
		}
	}
}

// anonymous takes away what tells a VirtualService of Serin's from the route that istiod has where there is none.
func anonymous(fields map[string]any) {
	if fields["name"] == "default" {
		delete(fields, "name")
	}
	if strings.Contains(textOf(fields["metadata"]), "/virtual-service/shop-serin") {
		delete(fields, "metadata")
	}
}

// lift moves what a single destination says of headers to its rule, where istiod writes it when there is one destination.
func lift(rule map[string]any) {
	action, _ := rule["route"].(map[string]any)
	only, _ := action["only"].(map[string]any)
	delete(action, "only")
	for key, value := range only {
		if key == "hostRewriteLiteral" {
			action[key] = value
			continue
		}
		list, _ := rule[key].([]any)
		more, _ := value.([]any)
		rule[key] = slices.Concat(list, more)
	}
}

func (c *testCase) joinNeighbours(list []any, found *[]pair) []any {
	var out []any
	for i := 0; i < len(list); i++ {
		entry, _ := list[i].(map[string]any)
		name := nameOf(entry)
		whole, half := c.half(name)
		t, _ := targetOf(name)
		joined := pair{whole: whole, undivided: half == ""}
		joined.add(half, weightOf(entry))
		weight := weightOf(entry)
		if half != "" && i+1 < len(list) {
			next, _ := list[i+1].(map[string]any)
			other, otherHalf := c.half(nameOf(next))
			if other == whole && otherHalf != "" && otherHalf != half &&
				reflect.DeepEqual(without(entry, "name", "weight"), without(next, "name", "weight")) {
				joined.add(otherHalf, weightOf(next))
				weight += weightOf(next)
				i++
			}
		}
		if c.isHost(t.host) {
			*found = append(*found, joined)
		}
		copied := maps.Clone(entry)
		copied["name"], copied["weight"] = whole, weight
		out = append(out, copied)
	}
	return out
}

func (p *pair) add(half string, weight int64) {
	if half == "canary" {
		p.canary += weight
	} else {
		p.stable += weight
	}
}

// gets is the canary's part.
func (p pair) gets() float64 { return float64(p.canary) / float64(p.stable+p.canary) }

func nameOf(raw any) string {
	entry, _ := raw.(map[string]any)
	name, _ := entry["name"].(string)
	return name
}

func weightOf(entry map[string]any) int64 {
	switch weight := entry["weight"].(type) {
	case json.Number:
		n, _ := weight.Int64()
		return n
	case int64:
		return weight
	default:
		return 0
	}
}

// reduce divides weights by what they have in common: 76 beside 20 is as 19 beside 5.
func reduce(list []any) {
	var common int64
	for _, item := range list {
		entry, _ := item.(map[string]any)
		for a, b := weightOf(entry), common; ; a, b = b, a%b {
			if b == 0 {
				common = a
				break
			}
		}
	}
	for _, item := range list {
		if entry, _ := item.(map[string]any); common > 0 && entry != nil {
			entry["weight"] = weightOf(entry) / common
		}
	}
}

func without(fields map[string]any, keys ...string) map[string]any {
	rest := maps.Clone(fields)
	for _, key := range keys {
		delete(rest, key)
	}
	return rest
}
