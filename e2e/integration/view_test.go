// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"cmp"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// view is the objects of a namespace at one instant, by kind/name.
type view map[string]runtime.Object

func get[T runtime.Object](v view, kind, name string) (none T) {
	if object, ok := v[kind+"/"+name].(T); ok {
		return object
	}
	return none
}

func all[T runtime.Object](v view, kind string) []T {
	var found []T
	for name, object := range v {
		if typed, ok := object.(T); ok && strings.HasPrefix(name, kind+"/") {
			found = append(found, typed)
		}
	}
	return found
}

func (v view) deployment(name string) *appsv1.Deployment {
	return get[*appsv1.Deployment](v, "Deployment", name)
}

func (v view) routes(name string) *unstructured.Unstructured {
	return get[*unstructured.Unstructured](v, "VirtualService", name)
}

func (v view) rule(name string) *unstructured.Unstructured {
	return get[*unstructured.Unstructured](v, "DestinationRule", name)
}

// condition is serin.dev/Promoted; nil where there is none.
func (v view) condition(name string) *appsv1.DeploymentCondition {
	d := v.deployment(name)
	if d == nil {
		return nil
	}
	for i := range d.Status.Conditions {
		if d.Status.Conditions[i].Type == "serin.dev/Promoted" {
			return &d.Status.Conditions[i]
		}
	}
	return nil
}

// story is what happened to a Deployment as its Events tell it, in order.
func (v view) story(name string) []*eventsv1.Event {
	events := slices.DeleteFunc(all[*eventsv1.Event](v, "Event"), func(e *eventsv1.Event) bool {
		return e.Regarding.Name != name || e.Regarding.Kind != "Deployment" || e.ReportingController != "serin"
	})
	slices.SortFunc(events, func(a, b *eventsv1.Event) int {
		return cmp.Or(a.EventTime.Compare(b.EventTime.Time), cmp.Compare(a.Name, b.Name))
	})
	return events
}

// reasons are those of the story, one after the other.
func (v view) reasons(name string) []string {
	var reasons []string
	for _, e := range v.story(name) {
		reasons = append(reasons, e.Reason)
	}
	return reasons
}

func isReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil
		}
	}
	return false
}

func isCanary(pod *corev1.Pod) bool { return pod.Labels["serin.dev/track"] == "canary" }

// ready counts the pods that take traffic for an app, the canary's and the others.
func (v view) ready(app string) (canary, own int) {
	for _, pod := range all[*corev1.Pod](v, "Pod") {
		switch {
		case !isReady(pod) || pod.Labels["app"] != app:
		case isCanary(pod):
			canary++
		default:
			own++
		}
	}
	return canary, own
}

// endpoints counts the ready pods that the Service's EndpointSlices name, the canary's and the others.
func (v view) endpoints(service string) (canary, own int) {
	for _, slice := range all[*discoveryv1.EndpointSlice](v, "EndpointSlice") {
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

// images are those of the pods that were not told to go, how often each.
func (v view) images(app string) map[string]int {
	counts := map[string]int{}
	for _, pod := range all[*corev1.Pod](v, "Pod") {
		if pod.Labels["app"] == app && pod.DeletionTimestamp == nil {
			counts[strings.TrimPrefix(pod.Spec.Containers[0].Image, registry)]++
		}
	}
	return counts
}
