// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// kinds are the lists of rules in a VirtualService. Their destinations look alike.
var kinds = [...]string{"http", "tls", "tcp"}

// together is the wish to have destinations back in one piece.
const together = -1

// Split returns the VirtualService with every destination that brings traffic to the Service split in a stable and a
// canary one, the canary with permille thousandths of the old weight (0 to 1000; values outside are taken as the nearer
// end). A VirtualService that is split already gets the new share.
//
// Destinations that carry nothing stay as they are: those with weight 0 or none beside others. So do destinations that
// cannot be split; [Problems] names them. Those are: weights that are not whole numbers from 0 to 2147483647, a subset
// whose name is longer than 50 characters or is serin-empty, and a weight below 10000 in a rule whose weights add up to
// more than 2147483 and whose share is not a whole number. Heavier destinations of such rules, and single ones of a
// weight above 214748, are split to the nearest whole number, which is off by less than a twentieth of a thousandth.
//
// changed is false, and out is vs itself, when there is nothing to do. Otherwise out is a copy.
func Split(vs *unstructured.Unstructured, s Service, permille int) (out *unstructured.Unstructured, changed bool) {
	return rewrite(vs, s, min(max(permille, 0), fine))
}

// Restore returns the VirtualService as the user wrote it. Half a pair, left by an edit, becomes the plain destination
// with the weight it has.
//
// changed is false, and out is vs itself, when nothing in it is split. Otherwise out is a copy.
func Restore(vs *unstructured.Unstructured, s Service) (out *unstructured.Unstructured, changed bool) {
	return rewrite(vs, s, together)
}

// place is where a rule's destinations stand: spec.http[2].route.
type place struct {
	kind  string
	index int
}

func rewrite(vs *unstructured.Unstructured, s Service, permille int) (*unstructured.Unstructured, bool) {
	routes := map[place][]any{}
	eachRoute(vs, func(at place, route []any) {
		if next := reroute(route, vs.GetNamespace(), s, permille); next != nil && !reflect.DeepEqual(next, route) {
			routes[at] = next
		}
	})
	if len(routes) == 0 {
		return vs, false
	}
	out := vs.DeepCopy()
	spec, _ := out.Object["spec"].(map[string]any)
	for at, route := range routes {
		rules, _ := spec[at.kind].([]any)
		fields, _ := rules[at.index].(map[string]any)
		fields["route"] = runtime.DeepCopyJSONValue(route) // both halves of a pair shared what lies below
	}
	return out, true
}

// eachRoute calls visit with the destinations of every rule that has some.
func eachRoute(vs *unstructured.Unstructured, visit func(at place, route []any)) {
	eachRule(vs, func(at place, fields map[string]any) {
		if route, _ := fields["route"].([]any); len(route) > 0 {
			visit(at, route)
		}
	})
}

func eachRule(vs *unstructured.Unstructured, visit func(at place, fields map[string]any)) {
	if vs == nil {
		return
	}
	spec, _ := vs.Object["spec"].(map[string]any)
	for _, kind := range kinds {
		rules, _ := spec[kind].([]any)
		for i, raw := range rules {
			if fields, ok := raw.(map[string]any); ok {
				visit(place{kind, i}, fields)
			}
		}
	}
}

// reroute is the rule's next list of destinations, nil when the rule is none of our business.
func reroute(route []any, namespace string, s Service, permille int) []any {
	if !concerns(route, namespace, s, permille == together) {
		return nil
	}
	r := decode(route)
	mine := func(b branch) bool { return s.Is(b.host, namespace) }
	r.join(mine)
	if permille != together {
		split := r
		split.branches = append([]branch(nil), r.branches...)
		split.split(mine, int64(permille))
		if split.fits() {
			r = split
		}
	}
	return r.encode()
}

// concerns is a quick look, without allocating, for what reroute would have to change.
func concerns(route []any, namespace string, s Service, onlySplit bool) bool {
	for _, raw := range route {
		b := readEntry(raw)
		if s.Is(b.host, namespace) && (!onlySplit || b.half != neither) {
			return true
		}
	}
	return false
}

// join gives our branches back their one piece.
func (r rule) join(mine func(branch) bool) {
	for i := range r.branches {
		if b := &r.branches[i]; mine(*b) {
			b.pair, b.half, b.canary, b.permille = false, neither, 0, 0
		}
	}
}

// split marks our branches as pairs. The parts are thousandths, so they are whole: 333 of weight 5 is 1665.
func (r rule) split(mine func(branch) bool, permille int64) {
	for i := range r.branches {
		b := &r.branches[i]
		if !mine(*b) || !r.carries(*b) || !b.subset.splittable() {
			continue
		}
		b.pair, b.permille = true, permille
		b.canary = b.weight.value * permille
	}
}
