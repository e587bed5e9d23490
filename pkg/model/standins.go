// SPDX-License-Identifier: Apache-2.0

package model

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/workload"
)

// Checks are the ConfigMap that the target is judged by, where that is not among
// the objects given: the built-in checks take its place, and a note says so.
func Checks(target *appsv1.Deployment, given []client.Object) (objects []client.Object, notes []string) {
	plan, _ := annotations.Read(target.Annotations)
	if plan.Checks == "" {
		return nil, nil
	}
	for _, object := range given {
		if m, ok := object.(*corev1.ConfigMap); ok && m.Namespace == target.Namespace && m.Name == plan.Checks {
			return nil, nil
		}
	}
	m := &corev1.ConfigMap{Data: map[string]string{checks.Key: checks.BuiltIn}}
	m.Namespace, m.Name = target.Namespace, plan.Checks
	return []client.Object{m}, []string{fmt.Sprintf("ConfigMap %s is not in the files, and the built-in checks take its place; give its file with -f, too", plan.Checks)}
}

// StandIns are objects that the target mounts and that are not among those
// given: with files alone, absent does not mean that the cluster has none. Each
// has the best properties there are, and a note says so.
func StandIns(target *appsv1.Deployment, given []client.Object) (objects []client.Object, notes []string) {
	known := map[string]bool{}
	for _, object := range given {
		if claim, ok := object.(*corev1.PersistentVolumeClaim); ok && claim.Namespace == target.Namespace {
			known[claim.Name] = true
		}
	}
	for _, name := range workload.Claims(target.Spec.Template) {
		if known[name] {
			continue
		}
		claim := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}}}
		claim.Namespace, claim.Name = target.Namespace, name
		objects = append(objects, claim)
		notes = append(notes, fmt.Sprintf("PersistentVolumeClaim %s is not in the files and is taken to be ReadWriteMany; give its file with -f, too", name))
	}
	return objects, notes
}
