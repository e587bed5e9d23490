// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Reading is how a VirtualService divides a Service's traffic.
type Reading struct {
	Destinations int  // destinations of the Service that carry traffic; a split pair counts once
	Split        int  // how many of them are split; fewer than Destinations means that some traffic goes to all pods
	Permille     int  // the canary's share where split, in thousandths; the largest if they differ
	Uniform      bool // all that are split have the same share
}

// Read tells what the VirtualService does, not what was last asked of it. A share between two thousandths is rounded, but
// is 0 only if the canary gets nothing, and 1000 only if stable gets nothing. Half a pair counts as split.
func Read(vs *unstructured.Unstructured, s Service) Reading {
	reading := Reading{Uniform: true}
	eachRoute(vs, func(_ place, route []any) {
		if !concerns(route, vs.GetNamespace(), s, false) {
			return
		}
		r := decode(route)
		for _, b := range r.branches {
			if !s.Is(b.host, vs.GetNamespace()) || !r.carries(b) {
				continue
			}
			reading.Destinations++
			if b.ours() {
				reading.add(int(b.permille))
			}
		}
	})
	return reading
}

func (r *Reading) add(permille int) {
	if r.Split > 0 && permille != r.Permille {
		r.Uniform = false
	}
	r.Split++
	r.Permille = max(r.Permille, permille)
}

// Routes reports whether some destination of the VirtualService names the Service, whatever its weight.
func Routes(vs *unstructured.Unstructured, s Service) bool {
	found := false
	eachRoute(vs, func(_ place, route []any) {
		found = found || concerns(route, vs.GetNamespace(), s, false)
	})
	return found
}

// Governs reports whether the VirtualService decides where clients inside the mesh go that call the Service by its name: it
// is bound to the mesh, and the Service is among its hosts. One that routes to the Service from a gateway does not, and
// calls by name then need [Own].
func Governs(vs *unstructured.Unstructured, s Service) bool {
	gateways := texts(vs, "gateways")
	if len(gateways) > 0 && !slices.Contains(gateways, "mesh") {
		return false
	}
	return slices.ContainsFunc(texts(vs, "hosts"), func(host string) bool { return s.covers(host, vs.GetNamespace()) })
}

// Subsets returns the subsets of the user's that destinations of the Service name, sorted and without repetition: "" where
// one has none, [EmptySubset] where one has an empty one. It is the same for the split and the unsplit form.
func Subsets(vss []*unstructured.Unstructured, s Service) []string {
	found := map[string]bool{}
	for _, vs := range vss {
		eachRoute(vs, func(_ place, route []any) {
			for _, raw := range route {
				if b := readEntry(raw); s.Is(b.host, vs.GetNamespace()) {
					found[b.subset.key()] = true
				}
			}
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// texts is a list of strings in an object's spec, such as hosts.
func texts(object *unstructured.Unstructured, field string) []string {
	if object == nil {
		return nil
	}
	spec, _ := object.Object["spec"].(map[string]any)
	raw, _ := spec[field].([]any)
	list := make([]string, 0, len(raw))
	for _, item := range raw {
		if text, ok := item.(string); ok {
			list = append(list, text)
		}
	}
	return list
}
