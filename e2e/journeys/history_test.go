// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// What must be true of a whole journey, whatever happened in it.

// fell asserts that the weights went up to one, step by step, from there only down, and that nothing is left. Pods that are
// lost one after the other take their weight with them, so that the way down may have steps of its own.
func (p *shop) fell(top int) {
	p.Helper()
	if p.mode == ratio {
		return
	}
	weights, err := p.Progress(app)
	up := []int{journal.Untouched, 0}
	for _, weight := range p.wants() {
		if weight <= top {
			up = append(up, weight)
		}
	}
	if err != nil || len(weights) < len(up) || !slices.Equal(weights[:len(up)], up) {
		p.Fatalf("the weights were %v (%v), want %v and then down", weights, err, up)
	}
	down := weights[len(up)-1:]
	if falls := slices.IsSortedFunc(down, func(a, b int) int { return b - a }); !falls || down[len(down)-1] != journal.Untouched || !slices.Contains(weights[1:], 0) {
		p.Errorf("the weights were %v, want %v and then down, to 0 and to what the user wrote", weights, up)
	}
}

// answered asserts that nobody but these versions ever answered a request.
func (p *shop) answered(allowed ...string) {
	p.Helper()
	for version, n := range p.count().Versions {
		if !slices.Contains(allowed, version) {
			p.Errorf("%d requests were answered by %s, and only %v may answer", n, version, allowed)
		}
	}
}

// ownPods shows each change of a pod of the target itself, with its version.
func (p *shop) ownPods(visit func(pod *corev1.Pod, version string, e journal.Entry, v journal.View)) {
	p.Replay(func(e journal.Entry, v journal.View) {
		pod := journal.Get[*corev1.Pod](v, e.Kind, e.Name)
		if pod == nil || journal.IsCanary(pod) || pod.Labels["app"] != app {
			return
		}
		_, version, _ := strings.Cut(strings.TrimPrefix(pod.Spec.Containers[0].Image, registry), ":")
		visit(pod, version, e, v)
	})
}

// neverStable asserts that a version never ran in the target's own pods.
func (p *shop) neverStable(version string) {
	p.Helper()
	p.ownPods(func(pod *corev1.Pod, ran string, e journal.Entry, _ journal.View) {
		if ran == version {
			p.Errorf("at %s: pod %s of the target runs %s, which was not to be promoted", clock(e.At), pod.Name, version)
		}
	})
}

// judgedFirst asserts that the target ran a version only after the canary had run it with all of its steps passed.
func (p *shop) judgedFirst(version string) {
	p.Helper()
	judged := false
	p.Replay(func(e journal.Entry, v journal.View) {
		if canary := v.Deployment(app + "-canary"); canary != nil && v.Memo(app).Weight == 1000 {
			judged = judged || canary.Spec.Template.Spec.Containers[0].Image == registry+"sample:"+version
		}
		pod := journal.Get[*corev1.Pod](v, e.Kind, e.Name)
		if pod != nil && !judged && !journal.IsCanary(pod) && pod.Spec.Containers[0].Image == registry+"sample:"+version && pod.Labels["app"] == app {
			p.Errorf("at %s: pod %s of the target runs %s, which was not judged", clock(e.At), e.Name, version)
		}
	})
}

// pods are those of the application, in no order.
func pods(v journal.View) (found []*corev1.Pod) {
	for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
		if pod.Labels["app"] == app {
			found = append(found, pod)
		}
	}
	return found
}

// versionOf is the version that a pod runs.
func versionOf(pod *corev1.Pod) string {
	_, version, _ := strings.Cut(strings.TrimPrefix(pod.Spec.Containers[0].Image, registry), ":")
	return version
}
