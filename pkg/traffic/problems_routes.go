// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// checkHosts finds names that look like the Service and that Istio does not take for it.
func checkHosts(r routing) []Problem {
	var found []Problem
	s := r.service
	for _, vs := range r.vss {
		eachRoute(vs, func(at place, route []any) {
			for _, raw := range route {
				host := readEntry(raw).host
				switch {
				case s.Is(host, vs.GetNamespace()) && !s.expands(host, vs.GetNamespace()):
					found = append(found, problem(nameOf(vs), "HostNotExpanded", false,
						"%s routes to %q. Istio completes only names without a dot, so this reaches no pod. Write %s.", at, host, s.Host()))
				case s.resembles(host, vs.GetNamespace()):
					found = append(found, problem(nameOf(vs), "HostUnresolved", false,
						"%s routes to %q, which resembles %s and may mean something else, so it is not split. "+
							"Write the latter if the Service is meant.", at, host, s.Host()))
				}
			}
		})
	}
	return found
}

// String is the way a person finds a rule in the object: spec.http[2].
func (p place) String() string { return fmt.Sprintf("spec.%s[%d]", p.kind, p.index) }

// resembles finds wildcards that take in the Service and names of it in another cluster domain.
func (s Service) resembles(host, namespace string) bool {
	if s.Is(host, namespace) {
		return false
	}
	if strings.HasPrefix(host, "*") {
		return s.covers(host, namespace)
	}
	return strings.HasPrefix(strings.ToLower(host), strings.ToLower(s.Name+"."+s.Namespace+".svc."))
}

// checkGoverning looks at who decides for clients inside the mesh that call the Service by name.
func checkGoverning(r routing) []Problem {
	var found []Problem
	governing := r.governing()
	for i, vs := range governing {
		if i > 0 {
			found = append(found, problem(nameOf(vs), "HostShared", false,
				"%s answers for %s, too. Istio follows the older one only, inside the mesh; both are split. Merge them.",
				nameOf(governing[0]), r.service.Host()))
		}
		if !Routes(vs, r.service) && len(delegatesOf(vs)) == 0 && hasRules(vs) {
			found = append(found, problem(nameOf(vs), "HostTaken", false,
				"It answers for %s and sends nothing there, so calls by that name take no part in the rollout.", r.service.Host()))
		}
	}
	if len(governing) > 0 {
		return append(found, checkAudience(governing, r.service)...)
	}
	for _, vs := range r.vss {
		if Routes(vs, r.service) && len(texts(vs, "hosts")) > 0 {
			found = append(found, problem(nameOf(vs), "MeshNotGoverned", false,
				"It routes to %s but not for clients inside the mesh that call it by name: they follow `%s-serin`, "+
					"which Serin creates for the time of the rollout.", r.service.Host(), r.service.Name))
		}
	}
	return found
}

// checkAudience finds clients that see none of the governing VirtualServices.
func checkAudience(governing []*unstructured.Unstructured, s Service) []Problem {
	var seenBy []string
	for _, vs := range governing {
		seenBy = append(seenBy, visibility(vs)...)
	}
	if slices.Contains(seenBy, "*") {
		return nil
	}
	slices.Sort(seenBy)
	return []Problem{problem(nameOf(governing[0]), "RoutesNotExported", false,
		"It is exported to %s only. What clients elsewhere in the mesh send to %s goes to all pods, canary included, whatever the weight. "+
			"Export it to every namespace that has clients.", strings.Join(slices.Compact(seenBy), ", "), s.Host())}
}

// hasRules reports whether there is any rule; Istio ignores a VirtualService that has none.
func hasRules(vs *unstructured.Unstructured) bool {
	found := false
	eachRule(vs, func(place, map[string]any) { found = true })
	return found
}

// delegatesOf maps the rules that hand over to another VirtualService to its namespace/name.
func delegatesOf(vs *unstructured.Unstructured) map[place]string {
	found := map[place]string{}
	eachRule(vs, func(at place, fields map[string]any) {
		delegate, ok := fields["delegate"].(map[string]any)
		if !ok {
			return
		}
		name, _ := delegate["name"].(string)
		namespace, _ := delegate["namespace"].(string)
		if namespace == "" {
			namespace = vs.GetNamespace()
		}
		found[at] = namespace + "/" + name
	})
	return found
}

func checkDelegates(r routing) []Problem {
	known := map[string]bool{}
	for _, vs := range r.vss {
		known[vs.GetNamespace()+"/"+vs.GetName()] = true
	}
	var found []Problem
	for _, vs := range r.vss {
		if !Routes(vs, r.service) && !Governs(vs, r.service) {
			continue
		}
		for at, name := range delegatesOf(vs) {
			if !known[name] {
				found = append(found, problem(nameOf(vs), "DelegateMissing", false,
					"%s delegates to VirtualService %s, which does not exist or cannot be read: requests that match it fail.", at, name))
			}
		}
	}
	return found
}

// checkMirrors finds copies of requests that are sent to the Service as a whole.
func checkMirrors(r routing) []Problem {
	var found []Problem
	for _, vs := range r.vss {
		eachRule(vs, func(at place, fields map[string]any) {
			targets := []any{fields["mirror"]}
			mirrors, _ := fields["mirrors"].([]any)
			for _, raw := range mirrors {
				mirror, _ := raw.(map[string]any)
				targets = append(targets, mirror["destination"])
			}
			for _, raw := range targets {
				target, _ := raw.(map[string]any)
				if host, _ := target["host"].(string); r.service.Is(host, vs.GetNamespace()) {
					found = append(found, problem(nameOf(vs), "Mirrored", false,
						"%s mirrors requests to %s. The copies go to stable and canary by their pods, whatever the weight.",
						at, r.service.Host()))
				}
			}
		})
	}
	return found
}

// light reports whether a part of the weight may be broken, and is too small to be rounded.
func (b branch) light() bool { return b.weight.value < roundable && b.weight.value%fine != 0 }

// checkRoutes finds destinations that Split leaves alone although they carry traffic.
func checkRoutes(r routing) []Problem {
	var found []Problem
	for _, vs := range r.vss {
		eachRoute(vs, func(at place, route []any) {
			decoded := decode(route)
			heavy := !decoded.single() && decoded.total()*fine > math.MaxInt32
			for _, b := range decoded.branches {
				if !r.service.Is(b.host, vs.GetNamespace()) || !decoded.carries(b) {
					continue
				}
				switch {
				case !decoded.readable():
					found = append(found, problem(nameOf(vs), "WeightUnreadable", true,
						"%s has a weight that is not a whole number from 0 to %d. Correct it.", at, math.MaxInt32))
				case heavy && b.light():
					found = append(found, problem(nameOf(vs), "WeightsTooLarge", true,
						"%s has weights that add up to %d: too many to divide one of %d among whole numbers. "+
							"Weights are relative: divide them all by the same number.", at, decoded.total(), b.weight.value))
				case !b.subset.splittable():
					found = append(found, problem(nameOf(vs), "SubsetNotSplittable", true,
						"%s names subset %q. Names may have at most %d characters, to leave room for -%s, and %s is reserved. Rename it.",
						at, b.subset.name, maxSubset, StableSubset, EmptySubset))
				}
			}
		})
	}
	return found
}

// checkEdits looks at the objects as they stand in mid-rollout.
func checkEdits(r routing) []Problem {
	var found []Problem
	for _, vs := range r.now {
		eachRoute(vs, func(at place, route []any) {
			if !concerns(route, vs.GetNamespace(), r.service, false) {
				return
			}
			for _, b := range decode(route).branches {
				mine := r.service.Is(b.host, vs.GetNamespace())
				if mine && b.half != neither {
					found = append(found, problem(nameOf(vs), "SplitEdited", false,
						"%s names subset %q without its counterpart: somebody edited the rule in mid-rollout. "+
							"It is split anew; at the end the destination has the weight that the edit gave it.", at, b.subset.derived(b.half)))
				}
				if !mine && b.ours() {
					found = append(found, problem(nameOf(vs), "RuleShared", false,
						"%s carries the canary of %q, too. Both are kept apart, and each ends by itself.", at, b.host))
				}
			}
		})
	}
	return found
}

// checkManagers finds objects that another delivery controller writes: it would undo each of our writes.
func checkManagers(r routing) []Problem {
	var found []Problem
	for _, vs := range r.vss {
		for _, owner := range vs.GetOwnerReferences() {
			if strings.HasPrefix(owner.APIVersion, "flagger.app/") && (Routes(vs, r.service) || Governs(vs, r.service)) {
				found = append(found, problem(nameOf(vs), "OtherController", true,
					"Flagger's %s %s writes it. Delete that, or let it keep the rollout.", owner.Kind, owner.Name))
			}
		}
	}
	for _, dr := range r.drs {
		const argo = "argo-rollouts.argoproj.io/managed-by-rollouts"
		if owner, ok := dr.GetAnnotations()[argo]; ok && r.service.Is(hostOf(dr), dr.GetNamespace()) {
			found = append(found, problem(nameOf(dr), "OtherController", true,
				"Argo Rollouts writes its subsets, for %s. Delete that Rollout, or let it keep the rollout.", owner))
		}
	}
	return found
}
