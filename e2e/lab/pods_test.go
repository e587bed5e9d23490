// SPDX-License-Identifier: Apache-2.0

package lab_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// seen is what a pod's status says about its first container, which has the image under test.
type seen struct {
	phase    corev1.PodPhase
	ready    bool
	waiting  string // reason
	message  string // a part of the message of the reason
	last     string // why it ended last time
	restarts int32  // at least
}

func TestAnImageDecidesHowItsPodFares(t *testing.T) {
	crashing := seen{phase: corev1.PodRunning, waiting: "CrashLoopBackOff", message: "restarting failed container=app", last: "Error", restarts: 2}
	for image, stages := range map[string][]seen{
		"shop:v1":                  {{phase: corev1.PodRunning, ready: true}},
		"shop:v1-pending":          {{phase: corev1.PodPending, waiting: "ContainerCreating"}},
		"shop:v1-pull":             {{phase: corev1.PodPending, waiting: "ImagePullBackOff", message: `Back-off pulling image "shop:v1-pull"`}},
		"shop:v1-config":           {{phase: corev1.PodPending, waiting: "CreateContainerConfigError", message: `secret "app-config" not found`}},
		"shop:v1-never-ready":      {{phase: corev1.PodRunning}},
		"shop:v1-slow-1s":          {{phase: corev1.PodRunning}, {phase: corev1.PodRunning, ready: true}},
		"shop:v1-crash":            {crashing},
		"shop:v1-oom":              {{phase: corev1.PodRunning, waiting: "CrashLoopBackOff", last: "OOMKilled", restarts: 1}},
		"shop:v1-crash-once":       {{phase: corev1.PodRunning, ready: true, last: "Error", restarts: 1}},
		"shop:v1-crash-later-1s":   {{phase: corev1.PodRunning, ready: true}, crashing},
		"shop:v1-restart-later-1s": {{phase: corev1.PodRunning, ready: true}, {phase: corev1.PodRunning, ready: true, last: "Error", restarts: 1}},
		"shop:v1-unready-later-1s": {{phase: corev1.PodRunning, ready: true}, {phase: corev1.PodRunning}},
	} {
		t.Run(image, func(t *testing.T) {
			t.Parallel()
			name := createPod(t, image)
			for _, stage := range stages {
				eventually(t, 15*time.Second, func() error { return stage.differsFrom(getPod(t, name)) })
			}
		})
	}
}

func createPod(t *testing.T, image string) string {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "fares-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image}, {Name: "sidecar", Image: "sidecar:v1"}}},
	}
	pod, err := clientOf(t, shared).CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pod.Name
}

func getPod(t *testing.T, name string) *corev1.Pod {
	t.Helper()
	pod, err := clientOf(t, shared).CoreV1().Pods("default").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

func (s seen) differsFrom(pod *corev1.Pod) error {
	if len(pod.Status.ContainerStatuses) != 2 {
		return fmt.Errorf("%d containers have a status", len(pod.Status.ContainerStatuses))
	}
	app, sidecar := pod.Status.ContainerStatuses[0], pod.Status.ContainerStatuses[1]
	waiting := ptr.Deref(app.State.Waiting, corev1.ContainerStateWaiting{})
	last := ptr.Deref(app.LastTerminationState.Terminated, corev1.ContainerStateTerminated{})
	same := pod.Status.Phase == s.phase && app.Ready == s.ready && isReady(pod) == s.ready && sidecar.Ready &&
		waiting.Reason == s.waiting && strings.Contains(waiting.Message, s.message) && last.Reason == s.last && app.RestartCount >= s.restarts &&
		pod.Status.PodIP != "" && app.Name == "app" && app.Image == pod.Spec.Containers[0].Image
	if !same {
		return fmt.Errorf("want %+v, got phase %s, conditions %v, statuses %+v", s, pod.Status.Phase, pod.Status.Conditions, pod.Status.ContainerStatuses)
	}
	return nil
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func TestADeploymentFillsItsEndpointsAndGoes(t *testing.T) {
	ctx, client := t.Context(), clientOf(t, shared)
	labels := map[string]string{"app": "whole"}
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "whole"},
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](50),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "shop:v1"}}},
			},
		},
	}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "whole"},
		Spec:       corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if _, err := client.CoreV1().Services("default").Create(ctx, service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AppsV1().Deployments("default").Create(ctx, deployment, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	endpoints := func(want int) func() error {
		return func() error {
			slices, err := client.DiscoveryV1().EndpointSlices("default").List(ctx, metav1.ListOptions{LabelSelector: discovery.LabelServiceName + "=whole"})
			if err != nil {
				return err
			}
			addresses := map[string]bool{}
			for _, slice := range slices.Items {
				for _, endpoint := range slice.Endpoints {
					addresses[endpoint.Addresses[0]] = ptr.Deref(endpoint.Conditions.Ready, false)
				}
			}
			if len(addresses) != want {
				return fmt.Errorf("%d different endpoints, want %d", len(addresses), want)
			}
			return nil
		}
	}
	eventually(t, 20*time.Second, endpoints(50))
	if err := client.AppsV1().Deployments("default").Delete(ctx, "whole", metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, endpoints(0))
	eventually(t, 5*time.Second, func() error {
		pods, err := client.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=whole"})
		if err == nil && len(pods.Items) > 0 {
			err = fmt.Errorf("%d pods are left", len(pods.Items))
		}
		return err
	})
}
