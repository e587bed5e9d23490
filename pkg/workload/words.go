// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Telling are the pods that say most of what is wrong, those in trouble first,
// at most so many.
func Telling(pods []corev1.Pod, most int) []*corev1.Pod {
	live := remaining(pods)
	slices.SortStableFunc(live, func(a, b *corev1.Pod) int { return cmp.Compare(trouble(b), trouble(a)) })
	return live[:min(len(live), most)]
}

// trouble is larger the more a pod has to tell.
func trouble(pod *corev1.Pod) int {
	sum := 0
	for _, c := range containers(pod) {
		if isTroubled(c) {
			sum += 2
		}
	}
	if podCondition(pod, corev1.PodReady).Status != corev1.ConditionTrue {
		sum++
	}
	return sum
}

func isTroubled(c container) bool {
	failed := c.State.Terminated != nil && c.State.Terminated.ExitCode != 0
	return failed || c.RestartCount > 0 || c.State.Waiting != nil && !isOrdinary(c.State.Waiting.Reason)
}

// Ends say of each container that ended or does not run how and why:
// "container app: CrashLoopBackOff; last end: OOMKilled, exit code 137;
// restarted 3 times".
func Ends(pod *corev1.Pod) []string {
	var ends []string
	for _, c := range containers(pod) {
		var now, again string
		if c.State.Waiting != nil {
			now = reported(c.State.Waiting)
		}
		if c.RestartCount > 0 {
			again = "restarted " + count(int(c.RestartCount), "time")
		}
		if text := join(now, lastEnd(c), again); text != "" && (isTroubled(c) || !c.init) {
			ends = append(ends, fmt.Sprintf("%s: %s", c, text))
		}
	}
	if isOver(pod) {
		ends = append(ends, "the pod"+over(pod))
	}
	return ends
}

// Voice is a container whose log is worth reading.
type Voice struct {
	Container string
	Previous  bool // it is the log of the run before: this one is a fresh start
}

// Voices are the containers to listen to, at most so many: those in trouble or,
// where there are none, those that do the pod's work. What never ran has no log.
func Voices(pod *corev1.Pod, most int) []Voice {
	var troubled, others []Voice
	for _, c := range containers(pod) {
		ended := c.LastTerminationState.Terminated != nil
		if c.State.Running == nil && c.State.Terminated == nil && !ended {
			continue
		}
		voice := Voice{Container: c.Name, Previous: c.State.Running != nil && ended}
		switch {
		case isTroubled(c):
			troubled = append(troubled, voice)
		case !c.init:
			others = append(others, voice)
		}
	}
	if len(troubled) == 0 {
		troubled = others
	}
	return troubled[:min(len(troubled), most)]
}
