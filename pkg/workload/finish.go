// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// progressDeadlineExceeded is the reason that the Deployment controller gives
// a condition Progressing that is false.
const progressDeadlineExceeded = "ProgressDeadlineExceeded"

// Finish tells whether the native rollout of the wanted template is done: every
// pod is new and available, and no old one is left. Where it is not, stuck is
// what the Deployment controller complains of, or empty.
//
// A status of an older generation says nothing of the current one: not done,
// not stuck.
func Finish(target *appsv1.Deployment) (complete bool, stuck string) {
	if !isObserved(target) {
		return false, ""
	}
	size, status := desired(target), target.Status
	if status.UpdatedReplicas == size && status.Replicas == size && status.AvailableReplicas == size {
		return true, ""
	}
	var complaints []string
	// The refusal comes first, because it is the cause and the deadline the effect.
	if refusal := refused(target); refusal != "" {
		complaints = append(complaints, refusal)
	}
	if late := overdue(target); late != "" {
		complaints = append(complaints, late)
	}
	return false, strings.Join(complaints, "; ")
}

func isObserved(d *appsv1.Deployment) bool {
	return d.Status.ObservedGeneration >= d.Generation
}

// desired is the number of pods wanted. The API server defaults it to one.
func desired(d *appsv1.Deployment) int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}

// refused is why the API server does not let pods be created (quota,
// PodSecurity, LimitRange, an admission webhook), or empty.
func refused(d *appsv1.Deployment) string {
	condition := find(d, appsv1.DeploymentReplicaFailure)
	if condition == nil || condition.Status != corev1.ConditionTrue {
		return ""
	}
	return words(condition.Message, condition.Reason)
}

// overdue is the Deployment controller's word that its progress deadline has
// passed, or empty.
func overdue(d *appsv1.Deployment) string {
	condition := find(d, appsv1.DeploymentProgressing)
	if condition == nil || condition.Status != corev1.ConditionFalse || condition.Reason != progressDeadlineExceeded {
		return ""
	}
	return words(condition.Message, condition.Reason)
}

func find(d *appsv1.Deployment, kind appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	for i := range d.Status.Conditions {
		if d.Status.Conditions[i].Type == kind {
			return &d.Status.Conditions[i]
		}
	}
	return nil
}

// words is a message as a part of a sentence, or the reason where there is none.
func words(message, reason string) string {
	if message = strings.TrimRight(strings.TrimSpace(message), "."); message != "" {
		return message
	}
	return reason
}
