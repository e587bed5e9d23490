// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/serin-dev/serin/pkg/annotations"
)

// SameTemplate reports whether two templates mean the same, apart from the
// labels that the Deployment controller and we add: a ReplicaSet's template
// compares equal to its Deployment's, and a canary's to its target's. Both
// should come from the same API server, which fills in defaults.
func SameTemplate(a, b corev1.PodTemplateSpec) bool {
	a.Labels, b.Labels = wanted(a.Labels), wanted(b.Labels)
	return equality.Semantic.DeepEqual(a, b)
}

// wanted is a copy of the labels that the user asked for.
func wanted(labels map[string]string) map[string]string {
	labels = maps.Clone(labels)
	delete(labels, appsv1.DefaultDeploymentUniqueLabelKey)
	delete(labels, annotations.Track)
	delete(labels, annotations.CanaryOf)
	return labels
}
