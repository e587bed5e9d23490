// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func deployment(annotations, labels map[string]string) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "shop", Annotations: annotations, Labels: labels},
		Spec:       appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "shop"}}}}},
	}
}

func TestOnlyWhatIsOfInterestIsKeptWhole(t *testing.T) {
	tests := map[string]struct {
		deployment *appsv1.Deployment
		whole      bool
	}{
		"one that is opted in":                     {deployment(map[string]string{"serin.dev/canary": "true"}, nil), true},
		"one that opted out, with a memo still":    {deployment(map[string]string{"serin.dev/rollout": "{}"}, nil), true},
		"a canary":                                 {deployment(nil, map[string]string{"serin.dev/canary-of": "shop"}), true},
		"anybody else's":                           {deployment(map[string]string{"a": "b"}, map[string]string{"c": "d"}), false},
		"one whose annotation says something else": {deployment(map[string]string{"serin.dev/canary": "yes"}, nil), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stripped, err := stripDeployment(test.deployment)
			if err != nil {
				t.Fatal(err)
			}
			kept, ok := stripped.(*appsv1.Deployment)
			if !ok {
				t.Fatalf("a %T came out", stripped)
			}
			if whole := len(kept.Spec.Template.Spec.Containers) > 0; whole != test.whole {
				t.Errorf("kept whole: %t, want %t", whole, test.whole)
			}
			if kept.Name != "shop" {
				t.Error("its name was lost")
			}
		})
	}
}

func TestOfAJobIsKeptHowFarItHasCome(t *testing.T) {
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "shop-smoke-1"}, Spec: batchv1.JobSpec{BackoffLimit: new(int32(1))}, Status: batchv1.JobStatus{Failed: 1}}
	stripped, err := stripJob(job)
	if err != nil {
		t.Fatal(err)
	}
	if kept, ok := stripped.(*batchv1.Job); !ok || kept.Name == "" || kept.Status.Failed != 1 || kept.Spec.BackoffLimit != nil {
		t.Errorf("kept is %+v", stripped)
	}
}
