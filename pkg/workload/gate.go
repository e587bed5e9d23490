// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/rollout"
)

// GateID names the question that a gate is asked at the present point of a
// rollout: the same for every controller, and another at another point.
func GateID(target *appsv1.Deployment, memo rollout.Memo, gate string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s %s", target.UID, memo.Started.UnixNano(), memo.Point(), gate))
	return hex.EncodeToString(sum[:])[:16]
}

// GateJobName is the name of a gate's Job. Its pods carry it as a label.
func GateJobName(target, gate, id string) string {
	return shorten(target+"-"+gate, longestLabelValue-len(id)-1) + "-" + id
}

// GateJob is the Job of a gate. It goes with the target.
func GateJob(target *appsv1.Deployment, gate checks.Gate, s rollout.Snapshot) *batchv1.Job {
	job := &batchv1.Job{
		TypeMeta: metav1.TypeMeta{APIVersion: batchv1.SchemeGroupVersion.String(), Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   target.Namespace,
			Name:        GateJobName(target.Name, gate.Name, GateID(target, s.Memo, gate.Name)),
			Labels:      map[string]string{annotations.ManagedBy: annotations.Manager, annotations.GateOf: CanaryOf(target.Name)},
			Annotations: map[string]string{annotations.Gate: gate.Name},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: appsv1.SchemeGroupVersion.String(), Kind: "Deployment",
				Name: target.Name, UID: target.UID, Controller: new(true),
			}},
		},
		Spec: *gate.Job.DeepCopy(),
	}
	template := &job.Spec.Template
	template.Labels = maps.Clone(template.Labels)
	metav1.SetMetaDataLabel(&template.ObjectMeta, annotations.GateOf, CanaryOf(target.Name))
	env := gateEnv(target, gate, s)
	for _, containers := range [][]corev1.Container{template.Spec.InitContainers, template.Spec.Containers} {
		for i := range containers {
			// Ours come first, so that the others can refer to them.
			containers[i].Env = slices.Concat(env, containers[i].Env)
		}
	}
	return job
}

func gateEnv(target *appsv1.Deployment, gate checks.Gate, s rollout.Snapshot) []corev1.EnvVar {
	return []corev1.EnvVar{
		{Name: checks.EnvPrefix + "DEPLOYMENT", Value: target.Name},
		{Name: checks.EnvPrefix + "CANARY", Value: CanaryName(target.Name)},
		{Name: checks.EnvPrefix + "NAMESPACE", Value: target.Namespace},
		{Name: checks.EnvPrefix + "GATE", Value: gate.Name},
		{Name: checks.EnvPrefix + "WHEN", Value: string(gate.When)},
		{Name: checks.EnvPrefix + "WEIGHT", Value: percent(s.Memo.Weight)},
		{Name: checks.EnvPrefix + "NEXT_WEIGHT", Value: percent(rollout.NextWeight(s))},
	}
}

func percent(w rollout.Weight) string { return strconv.FormatFloat(float64(w)/10, 'f', -1, 64) }

// GateState is how far a Job has come; the words are the API server's on why it failed.
func GateState(job *batchv1.Job) (state rollout.GateState, words string) {
	for _, c := range job.Status.Conditions {
		switch is := c.Status == corev1.ConditionTrue; {
		case is && c.Type == batchv1.JobComplete:
			return rollout.GatePassed, ""
		case is && c.Type == batchv1.JobFailed:
			return rollout.GateFailed, fmt.Sprintf("Job %s: %s", job.Name, join(c.Reason, c.Message))
		}
	}
	return rollout.GatePending, "Job " + job.Name
}

// GateProblems finds gates whose pods the Service or the Deployment would take
// for their own: they would get requests, or be deleted.
func GateProblems(target *appsv1.Deployment, service *corev1.Service, gates []checks.Gate) (found []rollout.Problem) {
	for _, gate := range gates {
		if gate.Job == nil {
			continue
		}
		has := labels.Set(gate.Job.Template.Labels)
		own, err := metav1.LabelSelectorAsSelector(target.Spec.Selector)
		var taker string
		switch {
		case err == nil && !own.Empty() && own.Matches(has):
			taker = "Deployment " + target.Name
		case service != nil && len(service.Spec.Selector) > 0 && labels.SelectorFromSet(service.Spec.Selector).Matches(has):
			taker = "Service " + service.Name
		default:
			continue
		}
		found = append(found, rollout.Problem{Reason: rollout.InvalidChecks,
			Message: fmt.Sprintf("gate %s: %s selects pods with the labels of its Job's template; give them others", gate.Name, taker)})
	}
	return found
}
