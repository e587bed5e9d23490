// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// checkUnknown finds destinations in rules that this build does not know: of a later Istio, most likely. They are left
// alone, because what a weight means there is not known either.
func checkUnknown(r routing) []Problem {
	var found []Problem
	for _, vs := range r.vss {
		for _, at := range r.unknownRules(vs) {
			found = append(found, problem(nameOf(vs), "RuleNotUnderstood", false,
				"%s names %s in a way that this version of Serin does not know, so it is not split: what it takes goes to all pods, "+
					"canary included, whatever the weight. Use a route, or a Serin that knows this rule.", at, r.service.Host()))
		}
	}
	return found
}

// unknownRules lists the places, such as spec.quic[0] or spec.http[2].cascade, that lead to the Service unknown to Split.
func (r routing) unknownRules(vs *unstructured.Unstructured) []string {
	found := map[string]bool{}
	for key, value := range fieldsOf(vs) {
		rules, _ := value.([]any)
		for i, rule := range rules {
			at := fmt.Sprintf("spec.%s[%d]", key, i)
			if !slices.Contains(kinds[:], key) {
				found[at] = found[at] || r.leads(rule, vs.GetNamespace())
				continue
			}
			fields, _ := rule.(map[string]any)
			for name, field := range fields {
				if !knownRuleFields[name] && r.leads(field, vs.GetNamespace()) {
					found[at+"."+name] = true
				}
			}
		}
	}
	maps.DeleteFunc(found, func(_ string, leads bool) bool { return !leads })
	return slices.Sorted(maps.Keys(found))
}

// knownRuleFields of a rule may name hosts, and have checks of their own.
var knownRuleFields = map[string]bool{"route": true, "mirror": true, "mirrors": true, "match": true, "delegate": true}

// leads reports whether something below value is a destination of the Service: a map with its host.
func (r routing) leads(value any, namespace string) bool {
	within := func(value any) bool { return r.leads(value, namespace) }
	switch value := value.(type) {
	case map[string]any:
		host, _ := value["host"].(string)
		return r.service.Is(host, namespace) || slices.ContainsFunc(slices.Collect(maps.Values(value)), within)
	case []any:
		return slices.ContainsFunc(value, within)
	}
	return false
}

// way is a rule or a port by which requests come to the Service.
type way struct {
	at      string
	reaches float64 // the part of its requests that the Service gets
	missed  float64 // the part of its requests that goes there undivided
}

// checkMissed sums up what the canary's weight will not be about. How busy a rule is, nobody can tell from the objects, so
// the total counts all alike, and says so.
func checkMissed(r routing) []Problem {
	var reaches, missed float64
	var parts []string
	ways := r.ways()
	for _, w := range ways {
		reaches, missed = reaches+w.reaches, missed+w.missed
		if w.missed > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s", percent(w.missed), w.at))
		}
	}
	if missed == 0 {
		return nil
	}
	condition := ""
	if len(ways) > 1 {
		condition = fmt.Sprintf(", if all %d rules and ports that lead to it are equally busy", len(ways))
	}
	return []Problem{problem(r.serviceName(), "ShareMissed", false, "%s of its requests are not divided%s: %s.",
		percent(missed/reaches), condition, strings.Join(parts, ", "))}
}

// ways lists rules that are split, rules that are not, and ports without a rule.
func (r routing) ways() []way {
	var list []way
	for _, vs := range r.vss {
		eachRoute(vs, func(at place, route []any) {
			if w := r.wayOf(decode(route), vs.GetNamespace()); w.reaches > 0 {
				w.at = fmt.Sprintf("%s in %s", at, nameOf(vs))
				list = append(list, w)
			}
		})
		for _, at := range r.unknownRules(vs) {
			list = append(list, way{at: fmt.Sprintf("%s in %s", at, nameOf(vs)), reaches: 1, missed: 1})
		}
	}
	for _, port := range r.unsplitPorts() {
		list = append(list, way{at: fmt.Sprintf("port %d", port.Port), reaches: 1, missed: 1})
	}
	return list
}

func (r routing) wayOf(decoded rule, namespace string) way {
	mine := func(b branch) bool { return r.service.Is(b.host, namespace) }
	split := rule{branches: slices.Clone(decoded.branches)}
	split.split(mine, 1) // the share that is hardest to write
	whole := !split.fits()
	var w way
	for i, b := range decoded.branches {
		if !mine(b) || !decoded.carries(b) {
			continue
		}
		part := decoded.part(b)
		w.reaches += part
		if whole || !split.branches[i].pair {
			w.missed += part
		}
	}
	return w
}

// part is what a branch gets of its rule's requests; weights that cannot be read are taken to be equal.
func (r rule) part(b branch) float64 {
	switch {
	case r.single():
		return 1
	case !r.readable():
		return 1 / float64(len(r.branches))
	default:
		return float64(b.weight.value) / float64(r.total())
	}
}

// percent is for people: two digits, and never 0 % or 100 % of what is neither.
func percent(part float64) string {
	switch {
	case part >= 1:
		return "100 %"
	case part < 0.001:
		return "less than 0.1 %"
	case part > 0.999:
		return "more than 99.9 %"
	default:
		return fmt.Sprintf("%.3g %%", part*100)
	}
}
