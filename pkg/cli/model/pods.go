// SPDX-License-Identifier: Apache-2.0

package model

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// pods are told by name.
func pods(list []corev1.Pod) []Pod {
	var all []Pod
	for i := range list {
		all = append(all, podOf(&list[i]))
	}
	slices.SortFunc(all, func(a, b Pod) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func podOf(pod *corev1.Pod) Pod {
	told := Pod{Name: pod.Name, State: state(pod)}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			told.Ready = c.Status == corev1.ConditionTrue
		}
	}
	for _, c := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		told.Restarts += c.RestartCount
	}
	return told
}

// state is the word that kubectl get pods would show: why a container waits or
// has ended comes before the pod's own phase.
func state(pod *corev1.Pod) string {
	if pod.DeletionTimestamp != nil {
		return "Terminating"
	}
	for _, c := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if c.State.Waiting != nil && c.State.Waiting.Reason != "" {
			return c.State.Waiting.Reason
		}
	}
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Terminated != nil && c.State.Terminated.Reason != "" {
			return c.State.Terminated.Reason
		}
	}
	return cmp.Or(pod.Status.Reason, string(pod.Status.Phase), "Unknown")
}
