// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestProgressForgetsWhatWasTakenBackForLostPodsAlone(t *testing.T) {
	for name, test := range map[string]struct {
		weights []int
		lost    bool // pods, before each of them
		want    []int
	}{
		"straight":         {[]int{-1, 0, 250, 500, -1}, true, []int{-1, 0, 250, 500, -1}},
		"given again":      {[]int{-1, 0, 250, 0, 250, 500}, true, []int{-1, 0, 250, 500}},
		"a part of it":     {[]int{0, 250, 500, 300, 500, -1}, true, []int{0, 250, 500, -1}},
		"not given again":  {[]int{-1, 0, 250, 0, -1}, true, []int{-1, 0, 250, 0, -1}},
		"for another why":  {[]int{-1, 0, 250, 0, 250}, false, []int{-1, 0, 250, 0, 250}},
		"the routes first": {[]int{-1, 0, 250, -1, 0, 250}, true, []int{-1, 0, 250, -1, 0, 250}},
	} {
		var got []int
		back := false
		for _, w := range test.weights {
			got, back = next(got, w, test.lost, back)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestProgressKeepsWhatACrashTookBack(t *testing.T) {
	for name, test := range map[string]struct {
		status corev1.PodStatus
		want   []int
	}{
		"unready": {corev1.PodStatus{}, []int{0, 250}},
		"crashed": {corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{RestartCount: 1}}}, []int{0, 250, 0, 250}},
	} {
		t.Run(name, func(t *testing.T) {
			j := &Journal{latest: View{}, changed: make(chan struct{})}
			tell := teller(j)
			tell("VirtualService", routes(0))
			tell("EndpointSlice", endpoints("shop-1", "shop-canary-2"))
			tell("VirtualService", routes(250))
			tell("Pod", &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: "shop-canary-2", Labels: map[string]string{"app": "shop", "serin.dev/track": "canary"}},
				Status:     test.status,
			})
			tell("EndpointSlice", endpoints("shop-1"))
			tell("VirtualService", routes(0))
			tell("EndpointSlice", endpoints("shop-1", "shop-canary-2"))
			tell("VirtualService", routes(250))
			if got, err := j.Progress("shop"); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%v (%v), want %v", got, err, test.want)
			}
		})
	}
}

// routes are a VirtualService that gives the canary a weight, in tenths of a percent.
func routes(weight int64) *unstructured.Unstructured {
	to := func(subset string, weight int64) any {
		return map[string]any{"destination": map[string]any{"host": "shop", "subset": subset}, "weight": weight}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": "shop"},
		"spec": map[string]any{"http": []any{map[string]any{
			"route": []any{to("serin-stable", 1000-weight), to("serin-canary", weight)},
		}}},
	}}
}
