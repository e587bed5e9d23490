// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// onItsOwn ends everyone's controller for the length of a test that brings its own, if an earlier round has left it running.
// The test must not be parallel.
func onItsOwn(t *testing.T) {
	t.Helper()
	other := everyones.serin
	if other == nil {
		return
	}
	other.Kill()
	t.Cleanup(func() {
		if err := other.Start(); err != nil {
			t.Error(err)
		}
	})
}

// The rest of this file is what a person does to an app besides sending new versions.

func (p *shop) mustDo(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// sell creates the app alone, of two pods, without a Service.
func (p *shop) sell(annotations map[string]string) {
	p.Helper()
	p.create(deploymentOf(p.name, 2, annotations))
}

func renamed(service *corev1.Service, name string) *corev1.Service {
	service.Name = name
	return service
}

// discard takes another Deployment away, its pods first.
func (p *shop) discard(name string) {
	p.Helper()
	deployments := p.api.AppsV1().Deployments(p.namespace)
	_, err := deployments.Patch(p.Context(), name, types.MergePatchType, []byte(`{"spec":{"replicas":0}}`), metav1.PatchOptions{})
	p.mustDo(err)
	p.await("the pods of "+name+" to go", func(v journal.View) string {
		if images := v.Images(name, registry); len(images) > 0 {
			return fmt.Sprint(images)
		}
		return ""
	})
	p.mustDo(deployments.Delete(p.Context(), name, metav1.DeleteOptions{}))
}

// repair changes the Service.
func (p *shop) repair(patch string) {
	p.Helper()
	_, err := p.api.CoreV1().Services(p.namespace).Patch(p.Context(), p.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	p.mustDo(err)
}

// mounting wants v2 with a volume.
func (p *shop) mounting(source string) {
	p.Helper()
	p.patch(types.StrategicMergePatchType, fmt.Sprintf(
		`{"spec":{"template":{"spec":{"volumes":[{"name":"data",%s}],"containers":[{"name":"app","image":%q}]}}}}`,
		source, registry+p.name+":v2"))
}

// claim creates a volume, and a claim of it that is called data.
func (p *shop) claim(mode corev1.PersistentVolumeAccessMode) {
	p.Helper()
	size, class := corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}, ""
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: p.namespace},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: size, AccessModes: []corev1.PersistentVolumeAccessMode{mode}, StorageClassName: class,
			ClaimRef:               &corev1.ObjectReference{Namespace: p.namespace, Name: "data"},
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/nowhere"}},
		},
	}
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: volume.Spec.AccessModes, StorageClassName: &class, VolumeName: volume.Name,
			Resources: corev1.VolumeResourceRequirements{Requests: size},
		},
	}
	_, err := p.api.CoreV1().PersistentVolumes().Create(p.Context(), volume, metav1.CreateOptions{})
	p.mustDo(err)
	_, err = p.api.CoreV1().PersistentVolumeClaims(p.namespace).Create(p.Context(), claim, metav1.CreateOptions{})
	p.mustDo(err)
}
