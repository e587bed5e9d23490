// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Claims are the names of the PersistentVolumeClaims that the template mounts,
// sorted: those that Problems wants to see.
func Claims(template corev1.PodTemplateSpec) []string {
	var names []string
	for _, volume := range template.Spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			names = append(names, volume.PersistentVolumeClaim.ClaimName)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Problems is everything about the target that no canary can run beside, with
// what to do about it, in a fixed order. The claims are those that exist, by
// name.
//
// A hostPort is no problem: a canary that finds no free node stays Pending, and
// says so. Nor is a claim of an ephemeral volume, which is each pod's own.
func Problems(target *appsv1.Deployment, claims map[string]*corev1.PersistentVolumeClaim) []rollout.Problem {
	var problems []rollout.Problem
	if target.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		problems = append(problems, rollout.Problem{
			Reason: rollout.UnsupportedStrategy,
			Message: "spec.strategy.type is Recreate, which takes the old pods away before new ones come, " +
				"so that no canary can run beside them; set it to RollingUpdate, or remove " + annotations.Canary,
		})
	}
	problems = append(problems, selectorProblems(target)...)
	return append(problems, volumeProblems(target.Spec.Template, claims)...)
}

func selectorProblems(target *appsv1.Deployment) []rollout.Problem {
	if of, found := target.Labels[annotations.CanaryOf]; found {
		return []rollout.Problem{unselectable(
			"the Deployment is itself the canary of %s (label %s); remove %s from it", of, annotations.CanaryOf, annotations.Canary)}
	}
	var problems []rollout.Problem
	for _, key := range slices.Sorted(maps.Keys(target.Spec.Template.Labels)) {
		if strings.HasPrefix(key, annotations.Prefix) {
			problems = append(problems, unselectable(
				"the pod template has the label %s, and labels under %s tell canary pods from others; remove it", key, annotations.Prefix))
		}
	}
	for _, key := range selectorKeys(target.Spec.Selector) {
		if strings.HasPrefix(key, annotations.Prefix) {
			problems = append(problems, unselectable(
				"spec.selector uses the label %s, and labels under %s tell canary pods from others; "+
					"a selector cannot be changed, so create the Deployment anew without it", key, annotations.Prefix))
		}
	}
	selector, err := metav1.LabelSelectorAsSelector(target.Spec.Selector)
	if err != nil || selector.Empty() || !selector.Matches(labels.Set(target.Spec.Template.Labels)) {
		problems = append(problems, unselectable(
			"spec.selector does not select the pods of the template and only them; create the Deployment anew with a selector that does"))
	}
	return problems
}

func unselectable(format string, args ...any) rollout.Problem {
	return rollout.Problem{Reason: rollout.UnsupportedSelector, Message: fmt.Sprintf(format, args...)}
}

func selectorKeys(selector *metav1.LabelSelector) []string {
	if selector == nil {
		return nil
	}
	keys := slices.Collect(maps.Keys(selector.MatchLabels))
	for _, requirement := range selector.MatchExpressions {
		keys = append(keys, requirement.Key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func volumeProblems(template corev1.PodTemplateSpec, claims map[string]*corev1.PersistentVolumeClaim) []rollout.Problem {
	var problems []rollout.Problem
	for _, name := range Claims(template) {
		if message := claimProblem(name, claims[name]); message != "" {
			problems = append(problems, rollout.Problem{Reason: rollout.ExclusiveVolume, Message: message})
		}
	}
	return problems
}

func claimProblem(name string, claim *corev1.PersistentVolumeClaim) string {
	if claim == nil {
		return fmt.Sprintf("PersistentVolumeClaim %s, which the pod template mounts, does not exist; create it, or mount another one", name)
	}
	if isShareable(claim) {
		return ""
	}
	return fmt.Sprintf("PersistentVolumeClaim %s, which the pod template mounts, has the access mode %s and cannot be relied on to be mounted by "+
		"stable and canary pods at once; mount a ReadWriteMany or ReadOnlyMany claim or an ephemeral volume, or remove %s",
		name, modes(claim), annotations.Canary)
}

// isShareable asks the bound volume (status), because the kubelet goes by it,
// and where the claim is not bound yet what it asks for. ReadWriteOncePod is
// the scheduler's, which goes by the wish.
func isShareable(claim *corev1.PersistentVolumeClaim) bool {
	granted := claim.Status.AccessModes
	if len(granted) == 0 {
		granted = claim.Spec.AccessModes
	}
	return !slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteOncePod) &&
		(slices.Contains(granted, corev1.ReadWriteMany) || slices.Contains(granted, corev1.ReadOnlyMany))
}

func modes(claim *corev1.PersistentVolumeClaim) string {
	var names []string
	for _, mode := range claim.Spec.AccessModes {
		names = append(names, string(mode))
	}
	return strings.Join(names, ", ")
}
