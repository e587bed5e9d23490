// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// checkHiding finds rules that some clients follow instead of ours. They would look for our subsets in vain, and get 503.
//
// Istio asks the client's namespace, then the Service's, then its root namespace, and stops at the first that has a rule
// whose host matches, wildcards included (PushContext.destinationRule). A public rule in the root namespace is
// therefore no obstacle, and DestinationRule copies from it what it would hide.
func checkHiding(r routing) []Problem {
	var found []Problem
	for _, dr := range r.drs {
		s, namespace := r.service, dr.GetNamespace()
		_, selective := fieldsOf(dr)["workloadSelector"]
		switch {
		case namespace == s.Namespace:
			if selective && s.expands(hostOf(dr), namespace) {
				found = append(found, problem(nameOf(dr), "RuleForSelectedClients", true,
					"Clients that its workloadSelector selects follow it alone, without Serin's subsets, and would get errors. "+
						"Remove the selector, or the rule, for the time of the rollout."))
			}
		case s.covers(hostOf(dr), namespace) && (namespace != rootNamespace || private(dr) || selective):
			found = append(found, problem(nameOf(dr), "RuleHidesOurs", true,
				"Clients in namespace %s follow it, for %s, instead of rules in %s, would not know Serin's subsets, and would get errors. "+
					"Move it to namespace %s.", namespace, s.Host(), s.Namespace, s.Namespace))
		}
	}
	return found
}

// checkExports finds rules that some clients cannot see, ours with them: ours has to share their exportTo to be merged.
func checkExports(r routing) []Problem {
	merged := mergedRules(r.drs, r.service)
	if len(merged) == 0 {
		return nil
	}
	var found []Problem
	first := visibility(merged[0])
	for _, dr := range merged[1:] {
		if !slices.Equal(visibility(dr), first) {
			found = append(found, problem(nameOf(dr), "RulesExportedDifferently", true,
				"It and %s are for the same host with different exportTo. Istio then follows one of them and not ours. Make them equal.",
				nameOf(merged[0])))
		}
	}
	if slices.Contains(first, "*") {
		return found
	}
	narrow := func(object, who string) Problem {
		return problem(object, "RuleNotExported", true,
			"%s is exported to %s only, and so must be Serin's subsets. %s is seen by others, who would get errors. "+
				"Give both the same exportTo.", nameOf(merged[0]), strings.Join(first, ", "), who)
	}
	for _, vs := range r.vss {
		if !Routes(vs, r.service) {
			continue
		}
		if slices.ContainsFunc(visibility(vs), func(ns string) bool { return !slices.Contains(first, ns) }) {
			found = append(found, narrow(nameOf(vs), "This VirtualService"))
		}
	}
	if len(r.governing()) == 0 {
		found = append(found, narrow(r.serviceName(), "The VirtualService that Serin makes, as there is none for clients inside the mesh,"))
	}
	return found
}

// visibility is exportTo with its defaults: sorted namespaces, or "*".
func visibility(object *unstructured.Unstructured) []string {
	exportTo := texts(object, "exportTo")
	if len(exportTo) == 0 {
		return []string{"*"}
	}
	for i, namespace := range exportTo {
		if namespace == "." {
			exportTo[i] = object.GetNamespace()
		}
	}
	slices.Sort(exportTo)
	return slices.Compact(exportTo)
}

// checkSubsets finds destinations whose subset nobody defines.
func checkSubsets(r routing) []Problem {
	effective := mergedRules(r.drs, r.service)
	if hidden := hiddenRule(effective, r.drs, r.service); hidden != nil {
		effective = append(effective, hidden)
	}
	defined := definedSubsets(effective)
	var found []Problem
	for _, vs := range r.vss {
		for _, name := range Subsets([]*unstructured.Unstructured{vs}, r.service) {
			if name == "" || name == EmptySubset || defined[name] != nil {
				continue
			}
			found = append(found, problem(nameOf(vs), "SubsetUndefined", false,
				"It names subset %q of %s, which no DestinationRule in namespace %s defines. Requests for it fail now, "+
					"and go on failing during the rollout.", name, r.service.Host(), r.service.Namespace))
		}
	}
	return found
}
