// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/pkg/workload"
)

func TestInMesh(t *testing.T) {
	type values = map[string]string
	var (
		proxied = corev1.PodSpec{Containers: []corev1.Container{{Name: "app"}, {Name: "istio-proxy"}}}
		native  = corev1.PodSpec{InitContainers: []corev1.Container{{Name: "istio-proxy"}}}
		plain   = corev1.PodSpec{Containers: []corev1.Container{{Name: "app"}}}
	)
	for name, test := range map[string]struct {
		labels, annotations, namespace values
		spec                           corev1.PodSpec
		pods                           []corev1.Pod
		want                           bool
	}{
		"nobody asks":                                   {spec: plain},
		"the namespace asks":                            {namespace: values{"istio-injection": "enabled"}, spec: plain, want: true},
		"the namespace follows a revision":              {namespace: values{"istio.io/rev": "1-31"}, spec: plain, want: true},
		"the namespace is switched off":                 {namespace: values{"istio-injection": "disabled", "istio.io/rev": "1-31"}, spec: plain},
		"the namespace is ambient":                      {namespace: values{"istio.io/dataplane-mode": "ambient"}, spec: plain},
		"the pods ask by label":                         {labels: values{"sidecar.istio.io/inject": "true"}, spec: plain, want: true},
		"the pods ask by annotation":                    {annotations: values{"sidecar.istio.io/inject": "true"}, spec: plain, want: true},
		"the pods ask in a namespace that is off":       {labels: values{"sidecar.istio.io/inject": "true"}, namespace: values{"istio-injection": "disabled"}, spec: plain},
		"the pods refuse":                               {labels: values{"sidecar.istio.io/inject": "false"}, namespace: values{"istio-injection": "enabled"}, spec: plain},
		"the pods refuse by annotation":                 {annotations: values{"sidecar.istio.io/inject": "false"}, namespace: values{"istio.io/rev": "x"}, spec: plain},
		"the label outranks the annotation":             {labels: values{"sidecar.istio.io/inject": "false"}, annotations: values{"sidecar.istio.io/inject": "true"}, spec: plain},
		"a word that Istio does not know changes none":  {labels: values{"sidecar.istio.io/inject": "yes"}, namespace: values{"istio-injection": "enabled"}, spec: plain, want: true},
		"the pods follow a revision":                    {labels: values{"istio.io/rev": "1-31"}, spec: plain, want: true},
		"the gRPC agent":                                {annotations: values{"inject.istio.io/templates": "grpc-agent"}, spec: plain, want: true},
		"a sidecar put there by hand":                   {spec: proxied, want: true},
		"a sidecar by hand, and no injection":           {labels: values{"sidecar.istio.io/inject": "false"}, spec: proxied, want: true},
		"a native sidecar":                              {spec: native, want: true},
		"pods on the host's network are never injected": {namespace: values{"istio-injection": "enabled"}, spec: corev1.PodSpec{HostNetwork: true}},
		"running pods bear witness":                     {spec: plain, pods: []corev1.Pod{{Spec: plain}, {Spec: native}}, want: true},
		"running pods without":                          {spec: plain, pods: []corev1.Pod{{Spec: plain}}},
		"running pods of before the refusal":            {labels: values{"sidecar.istio.io/inject": "false"}, spec: plain, pods: []corev1.Pod{{Spec: native}}},
	} {
		t.Run(name, func(t *testing.T) {
			template := corev1.PodTemplateSpec{Spec: test.spec}
			template.Labels, template.Annotations = test.labels, test.annotations
			if got := workload.InMesh(template, test.namespace, test.pods...); got != test.want {
				t.Errorf("InMesh is %t", got)
			}
		})
	}
}
