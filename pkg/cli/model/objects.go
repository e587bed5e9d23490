// SPDX-License-Identifier: Apache-2.0

package model

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Objects are what was read about one Deployment.
type Objects struct {
	Target      *appsv1.Deployment
	Canary      *appsv1.Deployment  // nil: there is none of ours, or it was not read
	CanaryKnown bool                // whether the canary Deployment could be looked for
	ReplicaSets []appsv1.ReplicaSet // the target's own
	Pods        []corev1.Pod        // of the target and of the canary
	Routes      []*unstructured.Unstructured
	Events      []corev1.Event // the target's, oldest first
	Gaps        []string       // what could not be read, and what it would take
}

// Condition is what the controller last said about the target, nil if nothing.
func Condition(target *appsv1.Deployment) *appsv1.DeploymentCondition {
	for i := range target.Status.Conditions {
		if target.Status.Conditions[i].Type == annotations.ConditionPromoted {
			return &target.Status.Conditions[i]
		}
	}
	return nil
}

// Memo is what the controller remembers of the target. One that cannot be read,
// or that was copied from another Deployment, counts as none here: Problems
// tells of the first.
func Memo(target *appsv1.Deployment) rollout.Memo {
	memo, err := annotations.ReadMemo(target.Annotations[annotations.Rollout])
	if err != nil || (memo.UID != "" && memo.UID != string(target.UID)) {
		return rollout.Memo{}
	}
	return memo
}

// Stable is the target's ReplicaSet that the controller trusts, nil where the
// memo names none or it was not read.
func (o Objects) Stable() *appsv1.ReplicaSet {
	memo := Memo(o.Target)
	for i := range o.ReplicaSets {
		set := &o.ReplicaSets[i]
		if memo.Stable != "" && set.Labels[appsv1.DefaultDeploymentUniqueLabelKey] == memo.Stable && metav1.IsControlledBy(set, o.Target) {
			return set
		}
	}
	return nil
}

// Images are the images of the template's containers, in order.
func Images(template corev1.PodTemplateSpec) []string {
	var all []string
	for _, container := range template.Spec.Containers {
		all = append(all, container.Image)
	}
	return all
}
