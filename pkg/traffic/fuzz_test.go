// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/traffic"
)

var cart = traffic.Service{Name: "cart", Namespace: "web"}

func FuzzSplitRestore(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x01\x00\x01\x00\x04"), 50, 333)
	f.Add([]byte("\x03\x01\x00\x04\x02\x01\x01\x00\x05\x03\x00\x02\x07\x11"), 5, 1000)
	f.Fuzz(checkPromises)
}

// TestPromises is the same over random bytes, for every run of the tests.
func TestPromises(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range *rounds {
		checkPromises(t, randomBytes(random), random.IntN(1001), random.IntN(1001))
		checkEdited(t, randomBytes(random), randomBytes(random), random.IntN(1001))
	}
}

var rounds = flag.Int("rounds", 2000, "random objects to check the promises on")

func checkPromises(t *testing.T, data []byte, p, q int) {
	p, q = bounded(p), bounded(q)
	user := (&source{data}).virtualService()
	split := roundTrip(t, user, p)
	checkShares(t, user, split, p)

	other, _ := traffic.Split(split, shop, q)
	direct, _ := traffic.Split(user, shop, q)
	same(t, fmt.Sprintf("%d after %d", q, p), direct, other)
	checkTogether(t, user, split, q)
}

func bounded(p int) int { return int(uint(p) % 1001) }

// checkTogether has two Services' canaries in the same rules, and ends them in either order.
func checkTogether(t *testing.T, user, split *unstructured.Unstructured, q int) {
	t.Helper()
	both, _ := traffic.Split(split, cart, q)
	if before, after := traffic.Read(split, shop), traffic.Read(both, shop); before != after {
		t.Fatalf("another canary changed ours from %+v to %+v", before, after)
	}
	for _, order := range [][]traffic.Service{{shop, cart}, {cart, shop}} {
		first, _ := traffic.Restore(both, order[0])
		second, _ := traffic.Restore(first, order[1])
		same(t, "restored, beginning with "+order[0].Name, user, second)
	}
}

// checkShares compares the split form with the user's, entry by entry, in exact fractions.
func checkShares(t *testing.T, user, split *unstructured.Unstructured, p int) {
	t.Helper()
	routes := routesOf(split)
	for i, route := range routesOf(user) {
		before, after := total(route), total(routes[i])
		heavy := before*1000 > math.MaxInt32 || len(route) == 1 && before > 214748
		if after > max(before, math.MaxInt32) {
			t.Fatalf("weights of route %d add up to %d", i, after)
		}
		rest := routes[i]
		for _, entry := range route {
			n := 1
			if !reflect.DeepEqual(entry, rest[0]) && hasSubsetOfOurs(rest[0]) {
				n = 2
			}
			if n == 2 && !heavy {
				canary := weightIn(rest[0])
				if strings.HasSuffix(subsetIn(rest[1]), "serin-canary") {
					canary = weightIn(rest[1])
				}
				if sum := total(rest[:2]); canary*1000 != sum*int64(p) {
					t.Fatalf("the canary has %d of %d, not %d thousandths", canary, sum, p)
				}
			}
			if len(route) > 1 && !sameShare(weightIn(entry), before, total(rest[:n]), after) {
				t.Fatalf("the share of %v is %d of %d, was %d of %d", entry, total(rest[:n]), after, weightIn(entry), before)
			}
			rest = rest[n:]
		}
		if len(rest) > 0 {
			t.Fatalf("route %d has %d entries too many", i, len(rest))
		}
	}
}

func sameShare(a, of, b, outOf int64) bool {
	return big.NewRat(a, of).Cmp(big.NewRat(b, outOf)) == 0
}

// FuzzEdited edits a split form in every way, and asks that it is still read for what it says.
func FuzzEdited(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x01\x00\x01\x00\x04"), []byte{0, 1, 2}, 50)
	f.Fuzz(checkEdited)
}

func checkEdited(t *testing.T, data, edits []byte, p int) {
	edited, _ := traffic.Split((&source{data}).virtualService(), shop, bounded(p))
	edited = edited.DeepCopy()
	editor := &source{edits}
	for len(editor.data) > 0 {
		editor.edit(edited)
	}
	restored, _ := traffic.Restore(edited, shop)
	for i, route := range routesOf(restored) {
		checkDestinationShares(t, routesOf(edited)[i], route)
	}
	if r := traffic.Read(restored, shop); r.Split != 0 {
		t.Fatalf("restored is still split: %+v\n%s", r, jsonOf(t, restored))
	}
	if _, changed := traffic.Restore(restored, shop); changed {
		t.Fatalf("restored changes when restored again:\n%s", jsonOf(t, restored))
	}
	again, _ := traffic.Split(edited, shop, bounded(p))
	if _, changed := traffic.Split(again, shop, bounded(p)); changed {
		t.Fatalf("split changes when split again:\n%s", jsonOf(t, again))
	}
	traffic.Subsets([]*unstructured.Unstructured{edited, restored}, shop)
	traffic.Problems(nil, []*unstructured.Unstructured{edited}, []*unstructured.Unstructured{edited}, shop)
}

// checkDestinationShares compares what each host and port gets of a rule's traffic.
func checkDestinationShares(t *testing.T, before, after []any) {
	t.Helper()
	sum, next := total(before), total(after)
	if sum <= 0 || next <= 0 || len(after) == 1 {
		return
	}
	for _, entry := range before {
		destination := destinationIn(entry)
		host := func(other any) bool { return !reflect.DeepEqual(destinationIn(other)["host"], destination["host"]) }
		a := total(slices.DeleteFunc(slices.Clone(before), host))
		b := total(slices.DeleteFunc(slices.Clone(after), host))
		if !sameShare(a, sum, b, next) {
			t.Fatalf("%v had %d of %d and has %d of %d", destination, a, sum, b, next)
		}
	}
}

func FuzzIs(f *testing.F) {
	f.Add("shop", "web", "shop.web.svc.cluster.local.", "web")
	f.Fuzz(func(t *testing.T, name, namespace, host, from string) {
		s := traffic.Service{Name: name, Namespace: namespace}
		if s.Is(host, from) != s.Is(strings.TrimSuffix(host, ".")+".", from) && !strings.HasSuffix(host, ".") {
			t.Errorf("a trailing dot makes a difference for %q", host)
		}
		if s.Is(host, from) && !strings.Contains(host, ".") && !strings.EqualFold(from, namespace) && !strings.Contains(name, ".") {
			t.Errorf("%q in %q is taken for %+v", host, from, s)
		}
		if name != "" && !strings.HasSuffix(s.Host(), ".") && !s.Is(s.Host(), from) {
			t.Errorf("the full name %q is not taken for %+v", s.Host(), s)
		}
	})
}

func routesOf(vs *unstructured.Unstructured) [][]any {
	var routes [][]any
	for _, kind := range []string{"http", "tls", "tcp"} {
		rules, _ := vs.Object["spec"].(map[string]any)[kind].([]any)
		for _, rule := range rules {
			route, _ := rule.(map[string]any)["route"].([]any)
			routes = append(routes, route)
		}
	}
	return routes
}

func destinationIn(entry any) map[string]any {
	fields, _ := entry.(map[string]any)
	destination, _ := fields["destination"].(map[string]any)
	return destination
}

func subsetIn(entry any) string {
	name, _ := destinationIn(entry)["subset"].(string)
	return name
}

func hasSubsetOfOurs(entry any) bool {
	name := subsetIn(entry)
	return strings.HasSuffix(name, "serin-stable") || strings.HasSuffix(name, "serin-canary")
}

func weightIn(entry any) int64 {
	fields, _ := entry.(map[string]any)
	var n int64
	switch weight := fields["weight"].(type) {
	case int64:
		n = weight
	case float64:
		if weight == math.Trunc(weight) && weight <= math.MaxInt32 {
			n = int64(weight)
		}
	}
	if n < 0 || n > math.MaxInt32 {
		return 0
	}
	return n
}

func total(route []any) int64 {
	var sum int64
	for _, entry := range route {
		sum += weightIn(entry)
	}
	return sum
}
