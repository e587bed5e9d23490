// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"math/rand/v2"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// canary wants three pods, of which so many are available.
func canary(available int32, conditions ...appsv1.DeploymentCondition) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "shop-canary", Generation: 1},
		Spec:       appsv1.DeploymentSpec{Replicas: new(int32(3))},
		Status:     appsv1.DeploymentStatus{ObservedGeneration: 1, AvailableReplicas: available, Conditions: conditions},
	}
}

// pod is a pod that runs on a node and is ready, and then is changed.
func pod(name string, changes ...func(*corev1.Pod)) corev1.Pod {
	p := corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.PodSpec{NodeName: "node-1"},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	}
	for _, change := range changes {
		change(&p)
	}
	return p
}

func unready(p *corev1.Pod) {
	p.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodReady, Status: corev1.ConditionFalse, Reason: "ContainersNotReady", Message: "containers with unready status: [app]",
	}}
}

// with adds a container, which makes the pod unready unless it is ready.
func with(name string, changes ...func(*corev1.ContainerStatus)) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		status := corev1.ContainerStatus{Name: name}
		for _, change := range changes {
			change(&status)
		}
		if !status.Ready {
			unready(p)
		}
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, status)
	}
}

func withInit(name string, sidecar bool, changes ...func(*corev1.ContainerStatus)) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		status := corev1.ContainerStatus{Name: name}
		for _, change := range changes {
			change(&status)
		}
		wanted := corev1.Container{Name: name}
		if sidecar {
			wanted.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
		}
		unready(p)
		p.Spec.InitContainers = append(p.Spec.InitContainers, wanted)
		p.Status.InitContainerStatuses = append(p.Status.InitContainerStatuses, status)
	}
}

func waits(reason, message string) func(*corev1.ContainerStatus) {
	return func(s *corev1.ContainerStatus) {
		s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
}

func runs(started, ready bool) func(*corev1.ContainerStatus) {
	return func(s *corev1.ContainerStatus) {
		s.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
		s.Started, s.Ready = &started, ready
	}
}

func ended(reason string, exitCode int32, message string) func(*corev1.ContainerStatus) {
	return func(s *corev1.ContainerStatus) {
		s.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: exitCode, Message: message}}
	}
}

func restarted(times int32, reason string, exitCode int32) func(*corev1.ContainerStatus) {
	return func(s *corev1.ContainerStatus) {
		s.RestartCount = times
		s.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: exitCode}}
	}
}

func deleted(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{} }

func failed(reason, message string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		unready(p)
		p.Status.Phase, p.Status.Reason, p.Status.Message = corev1.PodFailed, reason, message
	}
}

func TestExamineFindsWhatDoesNotHeal(t *testing.T) {
	pull := with("app", waits("ImagePullBackOff", `Back-off pulling image "shop:v3"`))
	for name, test := range map[string]struct {
		canary      *appsv1.Deployment
		pods        []corev1.Pod
		maxRestarts int
		reason      rollout.Reason
		message     string
	}{
		"all is well": {canary(2), []corev1.Pod{pod("a", with("app", runs(true, true))), pod("b")}, 0, "", ""},
		"an image that cannot be pulled": {
			canary(0), []corev1.Pod{pod("b", pull), pod("a", pull)}, 0,
			rollout.ImagePullFailed, `pod a: container app: ImagePullBackOff: Back-off pulling image "shop:v3"`,
		},
		"the first attempt to pull may still heal":   {canary(0), []corev1.Pod{pod("a", with("app", waits("ErrImagePull", "timeout")))}, 0, "", ""},
		"a registry that is away may come back":      {canary(0), []corev1.Pod{pod("a", with("app", waits("RegistryUnavailable", "away")))}, 0, "", ""},
		"an image that must not be pulled":           {canary(0), []corev1.Pod{pod("a", with("app", waits("ErrImageNeverPull", "absent")))}, 0, rollout.ImagePullFailed, "pod a: container app: ErrImageNeverPull: absent"},
		"a reference that is none":                   {canary(0), []corev1.Pod{pod("a", with("app", waits("InvalidImageName", "")))}, 0, rollout.ImagePullFailed, "pod a: container app: InvalidImageName"},
		"the image of an init container":             {canary(0), []corev1.Pod{pod("a", withInit("migrate", false, waits("ImagePullBackOff", "no")))}, 0, rollout.ImagePullFailed, "pod a: init container migrate: ImagePullBackOff: no"},
		"a key that the ConfigMap lacks":             {canary(0), []corev1.Pod{pod("a", with("app", waits("CreateContainerConfigError", "couldn't find key url")))}, 0, rollout.ContainerConfigFailed, "pod a: container app: CreateContainerConfigError: couldn't find key url"},
		"a command that is not in the image":         {canary(0), []corev1.Pod{pod("a", with("app", waits("RunContainerError", "exec: not found")))}, 0, rollout.ContainerConfigFailed, "pod a: container app: RunContainerError: exec: not found"},
		"the image outranks another pod's config":    {canary(0), []corev1.Pod{pod("a", with("app", waits("CreateContainerConfigError", "x"))), pod("b", pull)}, 0, rollout.ImagePullFailed, `pod b: container app: ImagePullBackOff: Back-off pulling image "shop:v3"`},
		"a pod that is being deleted does not count": {canary(0), []corev1.Pod{pod("a", pull, deleted), pod("b", with("app", runs(true, true), restarted(9, "Error", 1)), deleted)}, 0, "", ""},
		"a crash loop": {
			canary(0), []corev1.Pod{pod("a", with("app", waits("CrashLoopBackOff", "back-off 10s"), restarted(2, "Error", 3)))}, 0,
			rollout.CrashLoop, "pod a: container app: CrashLoopBackOff: back-off 10s; last end: Error, exit code 3",
		},
		"a crash loop of a sidecar": {
			canary(0), []corev1.Pod{pod("a", withInit("proxy", true, waits("CrashLoopBackOff", ""), restarted(1, "", 1)))}, 0,
			rollout.CrashLoop, "pod a: sidecar container proxy: CrashLoopBackOff; last end: exit code 1",
		},
		"a crash loop within what is tolerated": {canary(0), []corev1.Pod{pod("a", with("app", waits("CrashLoopBackOff", "back-off"), restarted(2, "Error", 1)))}, 2, "", ""},
		"restarts of all pods add up, and the worst is named": {
			canary(3), []corev1.Pod{pod("b", with("app", runs(true, true), restarted(1, "Error", 1))), pod("a", with("app", runs(true, true), restarted(2, "OOMKilled", 137)))}, 2,
			rollout.RestartsExceeded, "3 restarts in the canary's pods, 2 tolerated: pod a: container app restarted 2 times; last end: OOMKilled, exit code 137",
		},
		"a single restart": {
			canary(3), []corev1.Pod{pod("a", with("app", runs(true, true), restarted(1, "Error", 1)))}, 0,
			rollout.RestartsExceeded, "1 restart in the canary's pods, 0 tolerated: pod a: container app restarted 1 time; last end: Error, exit code 1",
		},
		"as many restarts as are tolerated": {canary(3), []corev1.Pod{pod("a", with("app", runs(true, true), restarted(2, "Error", 1)))}, 2, "", ""},
		"an ephemeral container may do as it likes": {canary(3), []corev1.Pod{pod("a", func(p *corev1.Pod) {
			p.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{{Name: "debug", RestartCount: 3, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff"}}}}
		})}, 0, "", ""},
		"an evicted pod is no failure by itself": {canary(2), []corev1.Pod{pod("a", failed("Evicted", "the node is low on memory"), with("app", waits("ImagePullBackOff", "x")))}, 0, "", ""},
		"the deadline of the Deployment, with what it waits for": {
			canary(1, timedOut), []corev1.Pod{pod("a", with("app", runs(true, false)))}, 0,
			rollout.ProgressDeadlineExceeded,
			`ReplicaSet "shop-6d4f" has timed out progressing; 1 of 3 pods available; pod a is not ready: container app has not passed its readiness probe`,
		},
		"the deadline is the last to be blamed": {canary(0, timedOut), []corev1.Pod{pod("a", pull)}, 0, rollout.ImagePullFailed, `pod a: container app: ImagePullBackOff: Back-off pulling image "shop:v3"`},
		"a deadline of an older template":       {behind(canary(0, timedOut)), nil, 0, "", ""},
		"a deadline of a canary of no size":     {sized(canary(0, timedOut), 0), nil, 0, "", ""},
		"no canary at all":                      {nil, []corev1.Pod{pod("a", pull)}, 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			health := workload.Examine(test.canary, test.pods, test.maxRestarts)
			if want := (rollout.Failure{Reason: test.reason, Message: test.message}); health.Failure != want {
				t.Errorf("got  %+v\nwant %+v", health.Failure, want)
			}
		})
	}
}

func behind(d *appsv1.Deployment) *appsv1.Deployment {
	d.Generation++
	return d
}

func sized(d *appsv1.Deployment, replicas int32) *appsv1.Deployment {
	d.Spec.Replicas = &replicas
	return d
}

func TestExamineGivesTheSameWordsInAnyOrder(t *testing.T) {
	pods := []corev1.Pod{
		pod("a", with("x", waits("CrashLoopBackOff", "m"), restarted(2, "Error", 1)), with("y", waits("CrashLoopBackOff", "n"), restarted(2, "Error", 2))),
		pod("b", with("x", waits("ContainerCreating", ""))),
		pod("c", with("x", runs(true, false), restarted(2, "OOMKilled", 137))),
		pod("d", failed("Evicted", "x")),
	}
	want := workload.Examine(canary(0, timedOut), pods, 1)
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		random.Shuffle(len(pods), func(i, j int) { pods[i], pods[j] = pods[j], pods[i] })
		for _, p := range pods {
			statuses := p.Status.ContainerStatuses
			random.Shuffle(len(statuses), func(i, j int) { statuses[i], statuses[j] = statuses[j], statuses[i] })
		}
		if got := workload.Examine(canary(0, timedOut), pods, 1); got != want {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	}
}
