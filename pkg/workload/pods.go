// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// container is a container of a pod as the kubelet reports it.
type container struct {
	corev1.ContainerStatus
	init    bool
	sidecar bool // an init container that goes on running
}

func (c container) String() string {
	switch {
	case c.sidecar:
		return "sidecar container " + c.Name
	case c.init:
		return "init container " + c.Name
	default:
		return "container " + c.Name
	}
}

// containers are a pod's containers: first those of its start, in the order in
// which they start, because they keep the others waiting. Ephemeral ones are
// left out: people start them to look around, and they end as they please.
func containers(pod *corev1.Pod) []container {
	var all []container
	for _, wanted := range pod.Spec.InitContainers {
		sidecar := wanted.RestartPolicy != nil && *wanted.RestartPolicy == corev1.ContainerRestartPolicyAlways
		for _, status := range pod.Status.InitContainerStatuses {
			if status.Name == wanted.Name {
				all = append(all, container{ContainerStatus: status, init: true, sidecar: sidecar})
			}
		}
	}
	regular := slices.SortedFunc(slices.Values(pod.Status.ContainerStatuses), func(a, b corev1.ContainerStatus) int {
		return cmp.Compare(a.Name, b.Name)
	})
	for _, status := range regular {
		all = append(all, container{ContainerStatus: status})
	}
	return all
}

// remaining are the pods that nobody is deleting, by name.
func remaining(pods []corev1.Pod) []*corev1.Pod {
	var kept []*corev1.Pod
	for i := range pods {
		if pods[i].DeletionTimestamp == nil {
			kept = append(kept, &pods[i])
		}
	}
	slices.SortFunc(kept, func(a, b *corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return kept
}

// isOver reports whether the pod has ended: evicted, refused by its node, or
// finished. Its ReplicaSet replaces it.
func isOver(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
}

func podCondition(pod *corev1.Pod, kind corev1.PodConditionType) corev1.PodCondition {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == kind {
			return condition
		}
	}
	return corev1.PodCondition{}
}

// lastEnd says how the container last ended, or nothing: "last end: OOMKilled,
// exit code 137".
func lastEnd(c container) string {
	end := c.LastTerminationState.Terminated
	if c.State.Terminated != nil {
		end = c.State.Terminated
	}
	if end == nil {
		return ""
	}
	return "last end: " + ending(end)
}

func ending(end *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("exit code %d", end.ExitCode)
	if end.Reason != "" {
		text = end.Reason + ", " + text
	}
	if message := strings.TrimSpace(end.Message); message != "" {
		text += ": " + message
	}
	return text
}

// reported is the kubelet's reason with its own message.
func reported(waiting *corev1.ContainerStateWaiting) string {
	if message := strings.TrimSpace(waiting.Message); message != "" {
		return waiting.Reason + ": " + message
	}
	return waiting.Reason
}
