// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"maps"
	"math"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/annotations"
)

// Canary is the canary Deployment that runs the target's template with so many
// pods. The deadline is the longest that its pods may take to become available.
func Canary(target *appsv1.Deployment, replicas int, deadline time.Duration) *appsv1.Deployment {
	source := target.DeepCopy()
	canaryOf := CanaryOf(target.Name)
	return &appsv1.Deployment{
		TypeMeta: metav1.TypeMeta{APIVersion: appsv1.SchemeGroupVersion.String(), Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   target.Namespace,
			Name:        CanaryName(target.Name),
			Labels:      with(own(source.Labels), annotations.ManagedBy, annotations.Manager, annotations.CanaryOf, canaryOf),
			Annotations: own(source.Annotations),
			// The garbage collector takes the canary away with its target. It does not
			// block the target's deletion: that would need a right over the target's finalizers.
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: appsv1.SchemeGroupVersion.String(), Kind: "Deployment",
				Name: target.Name, UID: target.UID, Controller: new(true),
			}},
		},
		Spec: appsv1.DeploymentSpec{
			Replicas:                new(int32(replicas)), //nolint:gosec // the API server takes no such numbers
			Selector:                &metav1.LabelSelector{MatchLabels: map[string]string{annotations.CanaryOf: canaryOf}},
			Template:                marked(source.Spec.Template, canaryOf),
			Strategy:                source.Spec.Strategy,
			MinReadySeconds:         source.Spec.MinReadySeconds,
			RevisionHistoryLimit:    new(int32(0)),
			ProgressDeadlineSeconds: new(progressDeadline(deadline, source.Spec.MinReadySeconds)),
		},
	}
}

// marked adds the labels by which selectors, subsets and people know the
// canary's pods.
func marked(template corev1.PodTemplateSpec, canaryOf string) corev1.PodTemplateSpec {
	template.Labels = with(template.Labels, annotations.Track, annotations.TrackCanary, annotations.CanaryOf, canaryOf)
	return template
}

// with is the map and the pairs of key and value, which win.
func with(values map[string]string, pairs ...string) map[string]string {
	all := maps.Clone(values)
	if all == nil {
		all = map[string]string{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

// progressDeadline is in whole seconds, rounded up, and above minReadySeconds
// because the API server asks for that: 90.5s gives 91, 5s with ten
// minReadySeconds gives 11.
func progressDeadline(deadline time.Duration, minReadySeconds int32) int32 {
	seconds := max(math.Ceil(deadline.Seconds()), float64(minReadySeconds)+1)
	return int32(min(seconds, math.MaxInt32)) // the largest number means no deadline
}

// strangers are the domains whose labels and annotations on a Deployment make
// some controller act on it, and which therefore must not be on the canary. A
// subdomain counts as well.
//
// The label app.kubernetes.io/instance stays, although Argo CD can track by
// it: Argo CD leaves objects alone that have an owner, and dashboards use it.
var strangers = []string{
	"serin.dev",                  // our own: a canary has no canary
	"deployment.kubernetes.io",   // the Deployment controller's own numbers
	"kubectl.kubernetes.io",      // last-applied: kubectl apply --prune
	"applyset.kubernetes.io",     // kubectl apply --applyset --prune
	"addonmanager.kubernetes.io", // the addon manager deletes what it has no file for
	"config.k8s.io",              // cli-utils inventories: kpt, Config Sync
	"argoproj.io",                // Argo CD's tracking and hooks
	"fluxcd.io",                  // Flux
	"helm.sh",                    // Helm's ownership and hooks
	"k14s.io",                    // kapp
	"cattle.io",                  // Rancher and Fleet
	"stakater.com",               // Reloader writes templates
	"keel.sh",                    // Keel writes images
}

// own is what of a Deployment's labels or annotations its canary may have.
func own(values map[string]string) map[string]string {
	kept := map[string]string{}
	for key, value := range values {
		if !isStrange(key) {
			kept[key] = value
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func isStrange(key string) bool {
	domain, _, prefixed := strings.Cut(key, "/")
	if !prefixed {
		return false
	}
	for _, stranger := range strangers {
		if domain == stranger || strings.HasSuffix(domain, "."+stranger) {
			return true
		}
	}
	return false
}
