// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/pkg/workload"
)

var (
	timedOut = appsv1.DeploymentCondition{
		Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse,
		Reason: "ProgressDeadlineExceeded", Message: `ReplicaSet "shop-6d4f" has timed out progressing.`,
	}
	overQuota = appsv1.DeploymentCondition{
		Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue,
		Reason: "FailedCreate", Message: `pods "shop-6d4f-x" is forbidden: exceeded quota`,
	}
)

func TestFinish(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(*appsv1.Deployment)
		complete bool
		stuck    string
	}{
		"every pod is new and available":       {func(*appsv1.Deployment) {}, true, ""},
		"the status is of an older generation": {func(d *appsv1.Deployment) { d.Generation = 8 }, false, ""},
		"pods are still to be updated":         {func(d *appsv1.Deployment) { d.Status.UpdatedReplicas = 2 }, false, ""},
		"an old pod is left":                   {func(d *appsv1.Deployment) { d.Status.Replicas = 4 }, false, ""},
		"a pod is not available":               {func(d *appsv1.Deployment) { d.Status.AvailableReplicas = 2 }, false, ""},
		"scaled to nothing": {func(d *appsv1.Deployment) {
			d.Spec.Replicas, d.Status = new(int32(0)), appsv1.DeploymentStatus{ObservedGeneration: 7}
		}, true, ""},
		"no size means one pod":               {func(d *appsv1.Deployment) { d.Spec.Replicas = nil }, false, ""},
		"a condition of old does not undo it": {func(d *appsv1.Deployment) { d.Status.Conditions = []appsv1.DeploymentCondition{timedOut} }, true, ""},
		"a condition of an older generation": {func(d *appsv1.Deployment) {
			d.Generation, d.Status.Conditions = 8, []appsv1.DeploymentCondition{timedOut}
		}, false, ""},
		"a condition that has no message":         {stuckOn(appsv1.DeploymentCondition{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate"}), false, "FailedCreate"},
		"a refusal that is over":                  {stuckOn(appsv1.DeploymentCondition{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionFalse}), false, ""},
		"the deadline has passed":                 {stuckOn(timedOut), false, `ReplicaSet "shop-6d4f" has timed out progressing`},
		"the API server refuses pods":             {stuckOn(overQuota), false, `pods "shop-6d4f-x" is forbidden: exceeded quota`},
		"both, the cause before what it leads to": {stuckOn(timedOut, overQuota), false, `pods "shop-6d4f-x" is forbidden: exceeded quota; ReplicaSet "shop-6d4f" has timed out progressing`},
	} {
		t.Run(name, func(t *testing.T) {
			target := &appsv1.Deployment{
				Spec:   appsv1.DeploymentSpec{Replicas: new(int32(3))},
				Status: appsv1.DeploymentStatus{ObservedGeneration: 7, Replicas: 3, UpdatedReplicas: 3, ReadyReplicas: 3, AvailableReplicas: 3},
			}
			target.Generation = 7
			test.change(target)
			complete, stuck := workload.Finish(target)
			if complete != test.complete || stuck != test.stuck {
				t.Errorf("got %t, %q; want %t, %q", complete, stuck, test.complete, test.stuck)
			}
		})
	}
}

func stuckOn(conditions ...appsv1.DeploymentCondition) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) {
		d.Status.AvailableReplicas = 1
		d.Status.Conditions = conditions
	}
}
