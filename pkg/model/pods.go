// SPDX-License-Identifier: Apache-2.0

package model

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/annotations"
)

// Ailment is what is wrong with the canary's pods.
type Ailment string

// The ailments. The zero value is health.
const (
	Crashing Ailment = "crashing"  // the container ends soon after each start
	Unready  Ailment = "not ready" // the readiness probe fails
)

// pod is one pod of a ReplicaSet. Pods end at once: a canary drains without
// traffic, so how long it takes changes nothing.
type pod struct {
	name  string
	ready time.Time // when its readiness probe first passes
}

func isCanary(set *appsv1.ReplicaSet) bool {
	return set.Spec.Template.Labels[annotations.Track] == annotations.TrackCanary
}

// ails is what is wrong with pods of the set.
func (w *World) ails(set *appsv1.ReplicaSet) Ailment {
	if isCanary(set) {
		return w.Ails
	}
	return ""
}

// serves reports whether a pod takes requests.
func (w *World) serves(set *appsv1.ReplicaSet, p pod) bool {
	return w.ails(set) == "" && !p.ready.After(w.Now)
}

// available counts pods that have been ready for long enough.
func (w *World) available(set *appsv1.ReplicaSet) int32 {
	var n int32
	for _, p := range w.pods[set.UID] {
		if w.serves(set, p) && !w.availableAt(set, p).After(w.Now) {
			n++
		}
	}
	return n
}

func (w *World) availableAt(set *appsv1.ReplicaSet, p pod) time.Time {
	return p.ready.Add(time.Duration(set.Spec.MinReadySeconds) * time.Second)
}

// fill gives a ReplicaSet the pods that it wants, and writes what became of them.
func (w *World) fill(set *appsv1.ReplicaSet) {
	pods, wanted := w.pods[set.UID], int(*set.Spec.Replicas)
	for len(pods) < wanted {
		w.born++
		pods = append(pods, pod{fmt.Sprintf("%s-%d", set.Name, w.born), w.Now.Add(w.Startup())})
	}
	if len(pods) > wanted { // those that are not ready yet go first
		slices.SortStableFunc(pods, func(a, b pod) int { return a.ready.Compare(b.ready) })
		pods = pods[:wanted]
	}
	w.pods[set.UID] = pods
	told := appsv1.ReplicaSetStatus{ObservedGeneration: set.Generation, Replicas: int32(wanted), AvailableReplicas: w.available(set)} //nolint:gosec // it came from an int32
	for _, p := range pods {
		if w.serves(set, p) {
			told.ReadyReplicas++
		}
	}
	old := set.Status
	if old.Replicas != told.Replicas || old.AvailableReplicas != told.AvailableReplicas || old.ReadyReplicas != told.ReadyReplicas {
		set.Status = told
		w.api.put(set)
	}
	if isCanary(set) {
		w.show(set)
	}
}

// show writes the canary's pods and their endpoints: Serin looks at them one by one.
func (w *World) show(set *appsv1.ReplicaSet) {
	slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: set.Namespace, Name: set.Name,
		Labels: map[string]string{discoveryv1.LabelServiceName: w.service(), annotations.CanaryOf: w.target.Name}}}
	shown := map[string]bool{}
	for _, p := range w.pods[set.UID] {
		shown[p.name] = true
		old, found := w.api.kept[key{podKind, types.NamespacedName{Namespace: set.Namespace, Name: p.name}}]
		if !found || old.GetAnnotations()[stateKey] != w.state(set, p) {
			w.api.add(w.manifest(set, p))
		}
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Conditions: discoveryv1.EndpointConditions{Ready: new(w.serves(set, p))},
			TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: set.Namespace, Name: p.name},
		})
	}
	for _, old := range each[*corev1.Pod](w.api) {
		if metav1.IsControlledBy(old, set) && !shown[old.Name] {
			w.api.remove(keyOf(old))
		}
	}
	if old, found := w.api.kept[keyOf(slice)]; !found || !sameEndpoints(old.(*discoveryv1.EndpointSlice), slice) {
		w.api.add(slice)
	}
}

func (w *World) service() string {
	memo, err := annotations.ReadMemo(w.Target().Annotations[annotations.Rollout])
	if err != nil {
		return ""
	}
	return memo.Service
}

var podKind = kindOf(&corev1.Pod{})

func sameEndpoints(a, b *discoveryv1.EndpointSlice) bool {
	return a.Labels[discoveryv1.LabelServiceName] == b.Labels[discoveryv1.LabelServiceName] &&
		slices.EqualFunc(a.Endpoints, b.Endpoints, func(a, b discoveryv1.Endpoint) bool {
			return a.TargetRef.Name == b.TargetRef.Name && *a.Conditions.Ready == *b.Conditions.Ready
		})
}

// stateKey tells on a pod what its status says, so that it is compared in one word.
const stateKey = "model/state"

func (w *World) state(set *appsv1.ReplicaSet, p pod) string {
	if w.serves(set, p) {
		return "ready"
	}
	return string(w.ails(set))
}

// manifest is a pod of the canary, as the kubelet would report it.
func (w *World) manifest(set *appsv1.ReplicaSet, p pod) *corev1.Pod {
	state := w.state(set, p)
	object := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: set.Namespace, Name: p.name, UID: types.UID("pod " + p.name),
		Labels: set.Spec.Template.Labels, Annotations: map[string]string{stateKey: state},
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(set, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))}}}
	object.Spec.NodeName = "node"
	for _, container := range set.Spec.Template.Spec.Containers {
		object.Spec.Containers = append(object.Spec.Containers, corev1.Container{Name: container.Name})
		object.Status.ContainerStatuses = append(object.Status.ContainerStatuses, w.container(set, p, container.Name))
	}
	object.Status.Phase = corev1.PodRunning
	ready := corev1.ConditionFalse
	if state == "ready" {
		ready = corev1.ConditionTrue
	}
	object.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: ready, LastTransitionTime: metav1.NewTime(p.ready)}, {Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}
	return object
}

func (w *World) container(set *appsv1.ReplicaSet, p pod, name string) corev1.ContainerStatus {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	status := corev1.ContainerStatus{Name: name, Ready: w.serves(set, p), Started: new(true), State: running}
	if w.ails(set) == Crashing {
		status.RestartCount = crashes
		status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
		status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error"}}
	}
	return status
}

// crashes is how often a container has ended by the time that the kubelet backs off.
const crashes = 3

// next is when a pod becomes ready or available; the zero time where none will.
func (w *World) next() time.Time {
	var first time.Time
	for _, set := range each[*appsv1.ReplicaSet](w.api) {
		for _, p := range w.pods[set.UID] {
			for _, at := range []time.Time{p.ready, w.availableAt(set, p)} {
				if at.After(w.Now) {
					first = earlier(first, at)
				}
			}
		}
	}
	return first
}

// earlier is the earlier of two times that are not zero.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.IsZero() {
		return cmp.Or(a, b)
	}
	if a.Before(b) {
		return a
	}
	return b
}
