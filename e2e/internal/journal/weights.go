// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Untouched means that a VirtualService has nothing of ours.
const Untouched = -1

// WeightIn is the canary's share in tenths of a percent that the routes of a VirtualService give, or Untouched. Routes that
// differ are an error.
func WeightIn(vs *unstructured.Unstructured) (int, error) {
	found := Untouched
	if vs == nil {
		return found, nil
	}
	for _, kind := range []string{"http", "tcp", "tls"} {
		rules, _, _ := unstructured.NestedSlice(vs.Object, "spec", kind)
		for _, rule := range rules {
			fields, _ := rule.(map[string]any)
			weight, err := weightOf(fields)
			if err != nil {
				return 0, err
			}
			if weight == Untouched {
				continue
			}
			if found != Untouched && found != weight {
				return 0, fmt.Errorf("one route gives the canary %d and another %d", found, weight)
			}
			found = weight
		}
	}
	return found, nil
}

func weightOf(rule map[string]any) (int, error) {
	entries, _ := rule["route"].([]any)
	var stable, canary int64
	split := false
	for _, entry := range entries {
		fields, _ := entry.(map[string]any)
		subset, _, _ := unstructured.NestedString(fields, "destination", "subset")
		weight, _, _ := unstructured.NestedInt64(fields, "weight")
		switch {
		case strings.HasSuffix(subset, "serin-stable"):
			stable, split = stable+weight, true
		case strings.HasSuffix(subset, "serin-canary"):
			canary, split = canary+weight, true
		}
	}
	if !split {
		return Untouched, nil
	}
	if stable+canary == 0 {
		return 0, fmt.Errorf("a split route carries nothing: %v", rule)
	}
	return int((canary*1000 + (stable+canary)/2) / (stable + canary)), nil
}

// Weights are those that a VirtualService had, one after the other, without repetitions.
func (j *Journal) Weights(name string) (weights []int, err error) {
	j.Replay(func(e Entry, v View) {
		if w, changed := weighs(e, v, name, &err); changed && (len(weights) == 0 || weights[len(weights)-1] != w) {
			weights = append(weights, w)
		}
	})
	return weights, err
}

// weighs is the weight that a change of a VirtualService left, as long as there was no error.
func weighs(e Entry, v View, name string, err *error) (weight int, changed bool) {
	if e.Kind != "VirtualService" || e.Name != name || *err != nil {
		return 0, false
	}
	weight, *err = WeightIn(v.Routes(name))
	return weight, *err == nil
}
