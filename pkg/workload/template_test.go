// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/workload"
)

func TestSameTemplate(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*corev1.PodTemplateSpec)
		want   bool
	}{
		"itself": {func(*corev1.PodTemplateSpec) {}, true},
		"with the hash that a ReplicaSet adds": {func(p *corev1.PodTemplateSpec) {
			p.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = "6d4f"
		}, true},
		"with the labels of a canary": {func(p *corev1.PodTemplateSpec) {
			p.Labels[annotations.Track], p.Labels[annotations.CanaryOf] = "canary", "shop"
		}, true},
		"with an empty list where there was none": {func(p *corev1.PodTemplateSpec) { p.Spec.Volumes = []corev1.Volume{} }, true},
		"with the same quantity in other words": {func(p *corev1.PodTemplateSpec) {
			p.Spec.Containers[0].Resources.Requests[corev1.ResourceCPU] = resource.MustParse("0.1")
		}, true},
		"with another image":         {func(p *corev1.PodTemplateSpec) { p.Spec.Containers[0].Image = "shop:v3" }, false},
		"with another label":         {func(p *corev1.PodTemplateSpec) { p.Labels["version"] = "v3" }, false},
		"with another serin label":   {func(p *corev1.PodTemplateSpec) { p.Labels["serin.dev/other"] = "x" }, false},
		"restarted by kubectl":       {func(p *corev1.PodTemplateSpec) { p.Annotations["kubectl.kubernetes.io/restartedAt"] = "later" }, false},
		"with one environment value": {func(p *corev1.PodTemplateSpec) { p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "A"}} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := read(t, "shop.yaml").Spec.Template
			b := read(t, "shop.yaml").Spec.Template
			test.change(&b)
			size := len(b.Labels)
			if workload.SameTemplate(a, b) != test.want || workload.SameTemplate(b, a) != test.want {
				t.Errorf("SameTemplate is %t", !test.want)
			}
			if len(b.Labels) != size {
				t.Error("an argument was changed")
			}
		})
	}
}

func TestACanaryRunsItsTargetsTemplate(t *testing.T) {
	for _, file := range []string{"shop.yaml", "long.yaml"} {
		target := read(t, file)
		if !workload.SameTemplate(target.Spec.Template, workload.Canary(target, 1, time.Minute).Spec.Template) {
			t.Errorf("%s: the templates differ", file)
		}
	}
}
