// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Health is how a canary's pods fare. The zero value is: all is well.
type Health struct {
	Failure rollout.Failure // does not heal by waiting
	Waiting string          // why pods are not available yet, in one sentence; empty when they are
}

// beyondHealing are the reasons for which the kubelet keeps a container waiting
// and which only a person ends. Left out are ErrImagePull and
// RegistryUnavailable: they are the first attempt, which may have met a
// registry's bad moment; the second one is called ImagePullBackOff.
var beyondHealing = map[string]rollout.Reason{
	"ImagePullBackOff":          rollout.ImagePullFailed,
	"ErrImageNeverPull":         rollout.ImagePullFailed,
	"InvalidImageName":          rollout.ImagePullFailed,
	"ImageInspectError":         rollout.ImagePullFailed,
	"SignatureValidationFailed": rollout.ImagePullFailed,

	"CreateContainerConfigError": rollout.ContainerConfigFailed,
	"CreateContainerError":       rollout.ContainerConfigFailed,
	"PreCreateHookError":         rollout.ContainerConfigFailed,
	"PreStartHookError":          rollout.ContainerConfigFailed,
	"RunContainerError":          rollout.ContainerConfigFailed,
}

const crashLoopBackOff = "CrashLoopBackOff"

// Examine judges the canary by its Deployment's conditions and by the pods of
// its template. Pods of a template that it had before must be left out by the
// caller: what they did says nothing of this one. Without a canary there is
// nothing to say.
//
// The worst failure is told first: an image or a configuration that cannot
// work, then a crash loop, then restarts, then the deadline of the Deployment.
// A pod that ended by eviction or by its node's refusal is no failure: it is
// replaced, and the deadline bounds how often.
func Examine(canary *appsv1.Deployment, pods []corev1.Pod, maxRestarts int) Health {
	if canary == nil {
		return Health{}
	}
	live := remaining(pods)
	health := Health{Waiting: waiting(canary, live)}
	for _, look := range []func() rollout.Failure{
		func() rollout.Failure { return doomed(live, rollout.ImagePullFailed) },
		func() rollout.Failure { return doomed(live, rollout.ContainerConfigFailed) },
		func() rollout.Failure { return crashing(live, maxRestarts) },
		func() rollout.Failure { return restarted(live, maxRestarts) },
		func() rollout.Failure { return late(canary, health.Waiting) },
	} {
		if health.Failure = look(); health.Failure.Reason != "" {
			break
		}
	}
	return health
}

// doomed finds the first container that waits in vain, for this reason.
func doomed(pods []*corev1.Pod, reason rollout.Reason) rollout.Failure {
	for _, pod := range pods {
		if isOver(pod) {
			continue
		}
		for _, c := range containers(pod) {
			if c.State.Waiting != nil && beyondHealing[c.State.Waiting.Reason] == reason {
				return rollout.Failure{Reason: reason, Message: fmt.Sprintf("pod %s: %s: %s", pod.Name, c, reported(c.State.Waiting))}
			}
		}
	}
	return rollout.Failure{}
}

// crashing finds the first container in a crash loop, once there were more
// restarts than are tolerated: within them a crash is forgiven.
func crashing(pods []*corev1.Pod, tolerated int) rollout.Failure {
	if restarts(pods) <= tolerated {
		return rollout.Failure{}
	}
	for _, pod := range pods {
		if isOver(pod) {
			continue
		}
		for _, c := range containers(pod) {
			if c.State.Waiting != nil && c.State.Waiting.Reason == crashLoopBackOff {
				return rollout.Failure{
					Reason:  rollout.CrashLoop,
					Message: join(fmt.Sprintf("pod %s: %s: %s", pod.Name, c, reported(c.State.Waiting)), lastEnd(c)),
				}
			}
		}
	}
	return rollout.Failure{}
}

// restarted counts the restarts in all pods together, and names the container
// that restarted most.
func restarted(pods []*corev1.Pod, tolerated int) rollout.Failure {
	sum := restarts(pods)
	if sum <= tolerated {
		return rollout.Failure{}
	}
	var (
		worst container
		where string
	)
	for _, pod := range pods {
		for _, c := range containers(pod) {
			if c.RestartCount > worst.RestartCount {
				worst, where = c, pod.Name
			}
		}
	}
	return rollout.Failure{
		Reason: rollout.RestartsExceeded,
		Message: join(
			fmt.Sprintf("%s in the canary's pods, %d tolerated: pod %s: %s restarted %s", count(sum, "restart"), tolerated, where, worst, count(int(worst.RestartCount), "time")),
			lastEnd(worst)),
	}
}

func restarts(pods []*corev1.Pod) int {
	sum := 0
	for _, pod := range pods {
		for _, c := range containers(pod) {
			sum += int(c.RestartCount)
		}
	}
	return sum
}

// late takes the Deployment controller's word, when it is about this template
// and about pods that are still wanted.
func late(canary *appsv1.Deployment, waiting string) rollout.Failure {
	word := overdue(canary)
	if word == "" || !isObserved(canary) || desired(canary) == 0 {
		return rollout.Failure{}
	}
	return rollout.Failure{Reason: rollout.ProgressDeadlineExceeded, Message: join(word, waiting)}
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// join makes one sentence of the parts that say something.
func join(parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, "; ")
}
