// SPDX-License-Identifier: Apache-2.0

package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/record"
)

// RecordKey is where in the ConfigMap the record is.
const RecordKey = "record.json"

// Record is the ConfigMap that keeps a target's record. It goes with its target.
func Record(target *appsv1.Deployment, text string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: target.Namespace,
			Name:      RecordName(target.Name),
			Labels:    map[string]string{annotations.ManagedBy: annotations.Manager},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: appsv1.SchemeGroupVersion.String(), Kind: "Deployment",
				Name: target.Name, UID: target.UID, Controller: new(true),
			}},
		},
		Data: map[string]string{RecordKey: text},
	}
}

// IsRecord tells the record of a target from a ConfigMap that somebody else
// made under that name. One of an earlier Deployment of the same name counts.
func IsRecord(m *corev1.ConfigMap, target string) bool {
	owner := metav1.GetControllerOf(m)
	return m.Labels[annotations.ManagedBy] == annotations.Manager && owner != nil && owner.Kind == "Deployment" && owner.Name == target
}

// Revision puts a template into words: that of the ReplicaSet with the hash, or
// the given one where there is none yet.
func Revision(sets []appsv1.ReplicaSet, hash string, template *corev1.PodTemplateSpec) record.Revision {
	r := record.Revision{Hash: hash}
	for i := range sets {
		if hash != "" && sets[i].Labels[appsv1.DefaultDeploymentUniqueLabelKey] == hash {
			r.Number = sets[i].Annotations["deployment.kubernetes.io/revision"]
			template = &sets[i].Spec.Template
		}
	}
	if template != nil {
		for _, c := range template.Spec.Containers {
			r.Images = append(r.Images, c.Image)
		}
	}
	return r
}
