// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// waiting says in one sentence why not all pods are available: how many are,
// and the most telling obstacle that any of the others meets.
func waiting(canary *appsv1.Deployment, pods []*corev1.Pod) string {
	wanted, available := desired(canary), canary.Status.AvailableReplicas
	if wanted == 0 {
		return ""
	}
	if !isObserved(canary) {
		return join(fmt.Sprintf("the Deployment controller has not yet taken up the last change of Deployment %s", canary.Name), obstacle(pods))
	}
	if available >= wanted {
		return ""
	}
	why := refused(canary)
	if why == "" {
		why = obstacle(pods)
	}
	if why == "" {
		why = ordinary(canary, len(pods))
	}
	return join(fmt.Sprintf("%d of %s available", available, count(int(wanted), "pod")), why)
}

// ordinary is what is waited for where no pod meets an obstacle.
func ordinary(canary *appsv1.Deployment, pods int) string {
	switch {
	case pods == 0:
		return "none exists yet"
	case pods < int(desired(canary)):
		return fmt.Sprintf("%s so far", count(pods, "pod"))
	case canary.Spec.MinReadySeconds > 0:
		return fmt.Sprintf("pods have to stay ready for %d seconds (minReadySeconds)", canary.Spec.MinReadySeconds)
	default:
		return ""
	}
}

// obstacles are tried in order, each over all pods: what a person has to see to
// comes before what time alone may cure.
var obstacles = []func(*corev1.Pod) string{unschedulable, stopped, starting, unready, over}

func obstacle(pods []*corev1.Pod) string {
	for _, name := range obstacles {
		for _, pod := range pods {
			if words := name(pod); words != "" {
				return "pod " + pod.Name + words
			}
		}
	}
	return ""
}

func unschedulable(pod *corev1.Pod) string {
	scheduled := podCondition(pod, corev1.PodScheduled)
	if isOver(pod) || scheduled.Status != corev1.ConditionFalse {
		return ""
	}
	return " cannot be scheduled: " + words(scheduled.Message, scheduled.Reason)
}

// stopped finds a container that something keeps from running.
func stopped(pod *corev1.Pod) string {
	if isOver(pod) {
		return ""
	}
	for _, c := range containers(pod) {
		if c.State.Waiting != nil && !isOrdinary(c.State.Waiting.Reason) {
			return fmt.Sprintf(": %s: %s", c, reported(c.State.Waiting))
		}
	}
	return ""
}

// isOrdinary reports whether every container waits for that reason at first.
func isOrdinary(reason string) bool {
	return reason == "" || reason == "ContainerCreating" || reason == "PodInitializing"
}

// starting finds a container that has not run yet, or, where an earlier one
// keeps it waiting, that earlier one.
func starting(pod *corev1.Pod) string {
	if isOver(pod) {
		return ""
	}
	if pod.Spec.NodeName == "" {
		return " is waiting for a node"
	}
	for _, c := range containers(pod) {
		switch {
		case c.State.Waiting != nil:
			return fmt.Sprintf(": %s: %s", c, words(reported(c.State.Waiting), "waiting"))
		case c.init && !c.sidecar && c.State.Running != nil:
			return fmt.Sprintf(": %s has not finished", c)
		case c.sidecar && !isStarted(c):
			return fmt.Sprintf(": %s has not started", c)
		}
	}
	return ""
}

func isStarted(c container) bool { return c.Started != nil && *c.Started }

func unready(pod *corev1.Pod) string {
	ready := podCondition(pod, corev1.PodReady)
	if isOver(pod) || ready.Status == corev1.ConditionTrue {
		return ""
	}
	why := words(ready.Message, ready.Reason)
	for _, c := range containers(pod) {
		if !c.Ready && (c.sidecar || !c.init) {
			why = fmt.Sprintf("%s %s", c, lacking(c))
			break
		}
	}
	if why == "" {
		return " is not ready"
	}
	return " is not ready: " + why
}

// lacking is what a container that is not ready still has to do.
func lacking(c container) string {
	switch {
	case c.State.Terminated != nil:
		return "ended: " + ending(c.State.Terminated)
	case c.Started != nil && !*c.Started:
		return "has not passed its startup probe"
	default:
		return "has not passed its readiness probe"
	}
}

func over(pod *corev1.Pod) string {
	if !isOver(pod) {
		return ""
	}
	text := " has ended (" + string(pod.Status.Phase) + ") and is to be replaced"
	if why := join(pod.Status.Reason, pod.Status.Message); why != "" {
		text += ": " + why
	}
	return text
}
