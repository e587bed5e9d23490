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
		if err != nil || !e.isRoutes(name) {
			return
		}
		var w int
		if w, err = WeightIn(v.Routes(name)); err == nil && (len(weights) == 0 || weights[len(weights)-1] != w) {
			weights = append(weights, w)
		}
	})
	return weights, err
}

func (e Entry) isRoutes(name string) bool { return e.Kind == "VirtualService" && e.Name == name }
