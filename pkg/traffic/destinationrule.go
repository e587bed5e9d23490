// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	hashLabel  = "pod-template-hash"
	trackLabel = "serin.dev/track"
	trackValue = "canary"
)

// rootNamespace is where Istio looks for rules last, unless its installation says otherwise.
const rootNamespace = "istio-system"

// DestinationRule returns ours, `<service>-serin`, which defines the subsets that split destinations name.
//
// stableLabels are the labels of the stable pods, with pod-template-hash: those of the stable ReplicaSet's pod template.
// canaryLabels are the labels of the new pod template. subsets is what [Subsets] returned. userRules are the
// DestinationRules of the cluster; those that do not matter to the Service, and ours, are ignored.
//
//   - serin-stable selects the stable pod-template-hash, and serin-canary serin.dev/track: canary.
//   - For the user's subset v1, v1-serin-stable and v1-serin-canary select the same within v1, with a copy of v1's
//     trafficPolicy. Where the new template changes a label that v1 selects on, or drops it, v1-serin-canary follows.
//   - A subset that does not select the stable pods belongs to another Deployment behind the same Service. Both its derived
//     subsets are the subset itself, so that a split changes nothing for it.
//   - A subset that no rule defines gets no derived ones: it has no pods before the rollout, and none during it.
//
// Istio merges ours with the user's rules for the same host in the Service's namespace, if their exportTo is equal; so it
// is copied. There ours has no trafficPolicy: the user's applies. But where the user has only a wildcard rule (*.local), or
// one in Istio's root namespace, ours would hide it; then trafficPolicy and subsets are copied from there.
func DestinationRule(
	s Service, stableLabels, canaryLabels map[string]string, subsets []string, userRules []*unstructured.Unstructured,
) *unstructured.Unstructured {
	merged := mergedRules(userRules, s)
	hidden := hiddenRule(merged, userRules, s)
	spec := map[string]any{"host": s.Host()}
	effective := merged
	if hidden != nil {
		effective = []*unstructured.Unstructured{hidden}
		if policy, found := fieldsOf(hidden)["trafficPolicy"]; found {
			spec["trafficPolicy"] = runtime.DeepCopyJSONValue(policy)
		}
	}
	if len(merged) > 0 {
		if exportTo, found := fieldsOf(merged[0])["exportTo"]; found {
			spec["exportTo"] = runtime.DeepCopyJSONValue(exportTo)
		}
	}
	spec["subsets"] = slices.Concat(
		derivedSubsets(subsets, definedSubsets(effective), stableLabels, canaryLabels),
		copiedSubsets(hidden))
	return object("DestinationRule", s, spec)
}

// derivedSubsets are the plain two, which a redirected or half-restored route may need at any time, and those of subsets.
func derivedSubsets(names []string, defined map[string]map[string]any, stableLabels, canaryLabels map[string]string) []any {
	list := derive(subset{}, map[string]any{}, stableLabels, canaryLabels)
	for _, name := range names {
		user := keyed(name)
		definition, found := defined[name]
		if name == EmptySubset {
			definition, found = map[string]any{}, true
		}
		if name == "" || !found || !user.splittable() {
			continue
		}
		list = append(list, derive(user, definition, stableLabels, canaryLabels)...)
	}
	return list
}

// derive makes the stable and the canary subset out of a user's.
func derive(user subset, definition map[string]any, stableLabels, canaryLabels map[string]string) []any {
	own := labelsOf(definition)
	stableSide, canarySide := maps.Clone(own), maps.Clone(own)
	if selects(own, stableLabels) {
		if hash, found := stableLabels[hashLabel]; found {
			stableSide[hashLabel] = hash
		}
		maps.DeleteFunc(canarySide, func(key string, _ any) bool { _, found := canaryLabels[key]; return !found })
		for key := range canarySide {
			canarySide[key] = canaryLabels[key]
		}
		canarySide[trackLabel] = trackValue
	}
	named := func(h half, labels map[string]any) any {
		fields := runtime.DeepCopyJSON(definition)
		fields["name"], fields["labels"] = user.derived(h), labels
		return fields
	}
	return []any{named(stable, stableSide), named(canary, canarySide)}
}

// selects reports whether a subset's labels select pods that have these labels.
func selects(subset map[string]any, pods map[string]string) bool {
	for key, value := range subset {
		if pod, found := pods[key]; !found || value != pod {
			return false
		}
	}
	return true
}

// mergedRules are the rules that Istio merges with ours, oldest first, which is the order in which it merges.
func mergedRules(rules []*unstructured.Unstructured, s Service) []*unstructured.Unstructured {
	return selectRules(rules, func(rule *unstructured.Unstructured) bool {
		return rule.GetNamespace() == s.Namespace && s.expands(hostOf(rule), rule.GetNamespace())
	})
}

// hiddenRule is the rule that clients follow now and that ours will hide: ours names the host in full, in the Service's
// namespace, and Istio takes the most specific rule of the first namespace that has any.
func hiddenRule(merged, rules []*unstructured.Unstructured, s Service) *unstructured.Unstructured {
	if len(merged) > 0 {
		return nil
	}
	for _, namespace := range []string{s.Namespace, rootNamespace} {
		found := selectRules(rules, func(rule *unstructured.Unstructured) bool {
			return rule.GetNamespace() == namespace && s.covers(hostOf(rule), namespace) &&
				(namespace == s.Namespace || !private(rule))
		})
		slices.SortStableFunc(found, func(a, b *unstructured.Unstructured) int {
			return len(hostOf(b)) - len(hostOf(a))
		})
		if len(found) > 0 {
			return found[0]
		}
	}
	return nil
}

// selectRules leaves out ours, and rules for selected clients only, which never merge with others.
func selectRules(
	rules []*unstructured.Unstructured, wanted func(*unstructured.Unstructured) bool,
) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, rule := range rules {
		if _, selective := fieldsOf(rule)["workloadSelector"]; !selective && !isOurs(rule) && wanted(rule) {
			found = append(found, rule)
		}
	}
	slices.SortStableFunc(found, byAge)
	return found
}

// definedSubsets maps subset names to their definitions; the first of a name wins, as in Istio.
func definedSubsets(rules []*unstructured.Unstructured) map[string]map[string]any {
	defined := map[string]map[string]any{}
	for _, rule := range rules {
		list, _ := fieldsOf(rule)["subsets"].([]any)
		for _, raw := range list {
			fields, _ := raw.(map[string]any)
			name, _ := fields["name"].(string)
			if _, found := defined[name]; !found && name != "" {
				defined[name] = fields
			}
		}
	}
	return defined
}

// copiedSubsets keeps a hidden rule's subsets available to destinations that are not split, such as mirrors.
func copiedSubsets(hidden *unstructured.Unstructured) []any {
	list, _ := fieldsOf(hidden)["subsets"].([]any)
	copied, _ := runtime.DeepCopyJSONValue(list).([]any)
	return copied
}

func labelsOf(definition map[string]any) map[string]any {
	labels, _ := definition["labels"].(map[string]any)
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]any{}
	}
	return labels
}

func fieldsOf(object *unstructured.Unstructured) map[string]any {
	if object == nil {
		return nil
	}
	spec, _ := object.Object["spec"].(map[string]any)
	return spec
}

func hostOf(rule *unstructured.Unstructured) string {
	host, _ := fieldsOf(rule)["host"].(string)
	return host
}

// isOurs reports whether Serin made the object.
func isOurs(object *unstructured.Unstructured) bool {
	return object.GetLabels()[managedByLabel] == manager
}

// private reports whether a rule is for clients of its own namespace only.
func private(rule *unstructured.Unstructured) bool {
	exportTo := texts(rule, "exportTo")
	return len(exportTo) == 1 && (exportTo[0] == "." || exportTo[0] == rule.GetNamespace())
}
