// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// A pod that the kubelet alone calls unready for a moment is kept; one that is deleted, or whose container ended, is not.
func TestKeptArePodsThatNobodyTookAway(t *testing.T) {
	for name, test := range map[string]struct {
		pod   func(*corev1.Pod)
		later time.Duration
		want  int
	}{
		"unready":   {func(*corev1.Pod) {}, 0, 1},
		"for long":  {func(*corev1.Pod) {}, blink, 0},
		"deleted":   {func(pod *corev1.Pod) { pod.DeletionTimestamp = &metav1.Time{Time: time.Now()} }, 0, 0},
		"ended":     {func(pod *corev1.Pod) { pod.Status.ContainerStatuses = []corev1.ContainerStatus{{State: terminated}} }, 0, 0},
		"restarted": {func(pod *corev1.Pod) { pod.Status.ContainerStatuses = []corev1.ContainerStatus{{RestartCount: 1}} }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			j := &Journal{latest: View{}, changed: make(chan struct{})}
			tell := teller(j)
			tell("Pod", &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "shop-1"}})
			tell("Pod", &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "shop-canary-2"}})
			tell("EndpointSlice", endpoints("shop-1", "shop-canary-2"))
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "shop-1"}}
			test.pod(pod)
			tell("Pod", pod)
			tell("EndpointSlice", endpoints("shop-canary-2"))
			tell("EndpointSlice", endpoints("shop-canary-2")) // once more, later
			j.entries[len(j.entries)-1].At = time.Now().Add(test.later)
			var canary, own []int
			j.Kept("shop", func(_ Entry, c, o int) { canary, own = append(canary, c), append(own, o) })
			if own[0] != 0 || own[2] != 1 || own[5] != test.want || canary[5] != 1 {
				t.Errorf("kept were %v of the app and %v of its canary, want 1 and at last %d of the app, and 1 of the canary", own, canary, test.want)
			}
		})
	}
}

var terminated = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}}

type object interface {
	runtime.Object
	metav1.Object
}

// teller adds objects to a journal as an API server would tell of them, one version after the other.
func teller(j *Journal) func(kind string, o object) {
	version := 0
	return func(kind string, o object) {
		version++
		o.SetResourceVersion(strconv.Itoa(version))
		j.add(kind, o, watch.Event{Type: watch.Modified, Object: o})
	}
}

// endpoints is the slice of a Service that names ready pods.
func endpoints(pods ...string) *discoveryv1.EndpointSlice {
	slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{
		Name: "shop-x", Labels: map[string]string{discoveryv1.LabelServiceName: "shop"},
	}}
	ready := true
	for _, pod := range pods {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			TargetRef: &corev1.ObjectReference{Name: pod}, Conditions: discoveryv1.EndpointConditions{Ready: &ready},
		})
	}
	return slice
}
