// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// IsReady reports whether a pod takes traffic.
func IsReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil
		}
	}
	return false
}

// IsCanary reports whether a pod is one of a canary.
func IsCanary(pod *corev1.Pod) bool { return pod.Labels["serin.dev/track"] == "canary" }

// Ready counts the pods that take traffic for an app, the canary's and the others.
func (v View) Ready(app string) (canary, own int) {
	for _, pod := range All[*corev1.Pod](v, "Pod") {
		switch {
		case !IsReady(pod) || pod.Labels["app"] != app:
		case IsCanary(pod):
			canary++
		default:
			own++
		}
	}
	return canary, own
}

// Endpoints counts the ready pods that the Service's EndpointSlices name, the canary's and the others.
func (v View) Endpoints(service string) (canary, own int) {
	return count(v.EndpointPods(service), service)
}

// EndpointPods are the names of the ready pods that the Service's EndpointSlices name.
func (v View) EndpointPods(service string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, slice := range All[*discoveryv1.EndpointSlice](v, "EndpointSlice") {
			for _, e := range slice.Endpoints {
				ready := slice.Labels[discoveryv1.LabelServiceName] == service && e.TargetRef != nil && e.Conditions.Ready != nil && *e.Conditions.Ready
				if ready && !yield(e.TargetRef.Name) {
					return
				}
			}
		}
	}
}

// count tells the pods of an app's canary from the others by their names.
func count(pods iter.Seq[string], app string) (canary, own int) {
	for pod := range pods {
		if strings.HasPrefix(pod, app+"-canary-") {
			canary++
		} else {
			own++
		}
	}
	return canary, own
}

// blink is for how long, and no longer, a pod may be unready by the kubelet's word alone: it is ready again with its next probe.
const blink = 5 * time.Second

// Kept shows after each change how many pods were left to take requests, the canary's and the others: those of Endpoints, and
// those that left them a blink ago by the kubelet's word alone, with nothing deleted and no container ended.
func (j *Journal) Kept(app string, visit func(e Entry, canary, own int)) {
	serve, until := map[string]bool{}, map[string]time.Time{}
	j.Replay(func(e Entry, v View) {
		for pod := range serve {
			until[pod] = e.At
		}
		serve = map[string]bool{}
		for pod := range v.EndpointPods(app) {
			serve[pod] = true
		}
		left := maps.Clone(serve)
		for _, pod := range All[*corev1.Pod](v, "Pod") {
			if at, was := until[pod.Name]; was && e.At.Sub(at) < blink && pod.DeletionTimestamp == nil && !ended(pod) {
				left[pod.Name] = true
			}
		}
		canary, own := count(maps.Keys(left), app)
		visit(e, canary, own)
	})
}

// ended reports whether a container of a pod has ended.
func ended(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool {
		return c.RestartCount > 0 || c.State.Terminated != nil
	})
}
