// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Progress is Weights of the VirtualService that an app has by its own name, without what was taken back and given again because
// a pod of the canary left the endpoints meanwhile: the kubelet may call a pod that has just become ready unready once more, until
// its next probe. What was taken back because a container ended is not forgotten.
func (j *Journal) Progress(app string) (weights []int, err error) {
	pods, lost, back := 0, false, false
	j.Replay(func(e Entry, v View) {
		before := pods
		pods, _ = v.Endpoints(app)
		lost = lost || pods < before && !v.crashed(app)
		if err != nil || !e.isRoutes(app) {
			return
		}
		var w int
		if w, err = WeightIn(v.Routes(app)); err == nil {
			weights, back = next(weights, w, lost, back)
			lost = false
		}
	})
	return weights, err
}

// crashed reports whether a container of an app's canary has ended.
func (v View) crashed(app string) bool {
	return slices.ContainsFunc(All[*corev1.Pod](v, "Pod"), func(pod *corev1.Pod) bool {
		return IsCanary(pod) && pod.Labels["app"] == app && ended(pod)
	})
}

// next adds a weight, which may be lower because pods were lost, or higher again after one that was.
func next(weights []int, w int, lost, back bool) ([]int, bool) {
	last := len(weights) - 1
	if last < 0 {
		return []int{w}, false
	}
	at := weights[last]
	if w == at {
		return weights, back
	}
	if back && w > at {
		for weights = weights[:last]; len(weights) > 0 && weights[len(weights)-1] > at; {
			weights = weights[:len(weights)-1]
		}
	}
	return append(weights, w), lost && w >= 0 && w < at
}
