// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"strings"

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
	for _, slice := range All[*discoveryv1.EndpointSlice](v, "EndpointSlice") {
		if slice.Labels[discoveryv1.LabelServiceName] != service {
			continue
		}
		for _, e := range slice.Endpoints {
			if e.TargetRef == nil || e.Conditions.Ready == nil || !*e.Conditions.Ready {
				continue
			}
			if strings.HasPrefix(e.TargetRef.Name, service+"-canary-") {
				canary++
			} else {
				own++
			}
		}
	}
	return canary, own
}
