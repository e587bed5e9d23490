// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// View is the objects of a namespace at one instant, by kind/name.
type View map[string]runtime.Object

func (v View) take(e Entry) {
	if e.Gone {
		delete(v, e.Kind+"/"+e.Name)
	} else {
		v[e.Kind+"/"+e.Name] = e.Object
	}
}

// Get is the object of that name; nil where there is none, or one of another kind.
func Get[T runtime.Object](v View, kind, name string) (none T) {
	if object, ok := v[kind+"/"+name].(T); ok {
		return object
	}
	return none
}

// All are the objects of a kind, in no order.
func All[T runtime.Object](v View, kind string) []T {
	var found []T
	for name, object := range v {
		if typed, ok := object.(T); ok && strings.HasPrefix(name, kind+"/") {
			found = append(found, typed)
		}
	}
	return found
}

// Deployment is the one of that name; nil where there is none.
func (v View) Deployment(name string) *appsv1.Deployment {
	return Get[*appsv1.Deployment](v, "Deployment", name)
}

// Routes is the VirtualService of that name; nil where there is none.
func (v View) Routes(name string) *unstructured.Unstructured {
	return Get[*unstructured.Unstructured](v, "VirtualService", name)
}

// Rule is the DestinationRule of that name; nil where there is none.
func (v View) Rule(name string) *unstructured.Unstructured {
	return Get[*unstructured.Unstructured](v, "DestinationRule", name)
}

// Condition is serin.dev/Promoted; nil where there is none.
func (v View) Condition(name string) *appsv1.DeploymentCondition {
	d := v.Deployment(name)
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

// Memo is what tests read of the controller's memo.
type Memo struct {
	Weight    int
	Mode      string
	Since     time.Time // of the weight, or of the promotion
	Bake      time.Time // when a bake began
	Promoting bool
	Ending    string
}

// Baking reports whether a bake has begun and nothing has come after it.
func (m Memo) Baking() bool { return !m.Bake.IsZero() && !m.Promoting && m.Ending == "" }

// Memo is what the controller keeps about a Deployment; empty where it keeps nothing.
func (v View) Memo(name string) (m Memo) {
	if d := v.Deployment(name); d != nil {
		_ = json.Unmarshal([]byte(d.Annotations["serin.dev/rollout"]), &m)
	}
	return m
}

// Story is what happened to a Deployment as its Events tell it, in order.
func (v View) Story(name string) []*eventsv1.Event {
	events := slices.DeleteFunc(All[*eventsv1.Event](v, "Event"), func(e *eventsv1.Event) bool {
		return e.Regarding.Name != name || e.Regarding.Kind != "Deployment" || e.ReportingController != "serin"
	})
	slices.SortFunc(events, func(a, b *eventsv1.Event) int {
		return cmp.Or(a.EventTime.Compare(b.EventTime.Time), cmp.Compare(a.Name, b.Name))
	})
	return events
}

// Reasons are those of the story, one after the other.
func (v View) Reasons(name string) []string {
	var reasons []string
	for _, e := range v.Story(name) {
		reasons = append(reasons, e.Reason)
	}
	return reasons
}

// Images are those of the pods that were not told to go, how often each. The registry, such as "registry.test/", is left out.
func (v View) Images(app, registry string) map[string]int {
	counts := map[string]int{}
	for _, pod := range All[*corev1.Pod](v, "Pod") {
		if pod.Labels["app"] == app && pod.DeletionTimestamp == nil {
			counts[strings.TrimPrefix(pod.Spec.Containers[0].Image, registry)]++
		}
	}
	return counts
}
