// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// Somebody opts out in the middle of a step. The rollout is taken back first; then the template goes out as any other does.
func TestOptedOut(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		p := open(t, m, 3, hasty("50:1h,100"), "An opt-out in the middle of a step takes the rollout back, then lets the Deployment roll by itself.")
		p.midStep()
		p.annotate("canary", "")
		p.await("the Deployment to be an ordinary one, which rolls by itself", func(v journal.View) string {
			d := v.Deployment(app)
			switch {
			case d.Annotations["serin.dev/rollout"] != "" || v.Condition(app) != nil:
				return "the memo or the condition is there"
			case d.Spec.Paused || d.Status.UpdatedReplicas != 3 || d.Status.AvailableReplicas != 3 || d.Status.Replicas != 3:
				return "it has not rolled"
			case v.Deployment(app+"-canary") != nil:
				return "the canary Deployment is there"
			}
			return p.touched(v)
		})
		p.emptied()
		p.onlyAnswers("v2")
		p.noneFailed()
		p.answered("v1", "v2")
		p.fell(500)
		p.backBefore("v2")
	})
}

// backBefore asserts that nothing was left of the rollout when the target's own pods began to run a version.
func (p *shop) backBefore(version string) {
	p.Helper()
	p.ownPods(func(pod *corev1.Pod, ran string, e journal.Entry, v journal.View) {
		if problem := p.touched(v); ran == version && problem != "" {
			p.Errorf("at %s: pod %s of the target runs %s, and %s", clock(e.At), pod.Name, version, problem)
		}
	})
}

// The Deployment is deleted in the middle of a step. That nobody answers once its pods are gone is what was asked for. Until
// then nobody may notice: no request fails that began before the last ready pod of stable, or of the canary, was told to go.
func TestDeleted(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		p := open(t, m, 3, hasty("50:1h,100"), "A Deployment that is deleted in the middle of a step leaves nothing of ours, and no request fails that began while stable and canary had a pod.")
		p.midStep()
		p.must(p.api.AppsV1().Deployments(p.namespace).Delete(p.Context(), app, metav1.DeleteOptions{}))
		p.await("everything of the rollout to go", func(v journal.View) string {
			if v.Deployment(app) != nil || v.Deployment(app+"-canary") != nil || len(pods(v)) > 0 {
				return "there are Deployments or pods"
			}
			return p.touched(v)
		})
		for _, f := range p.countUntil(p.deserted()).Failures {
			p.failed(f)
		}
	})
}

// deserted is when first all pods of stable or all of the canary had been told to go, after both had some.
func (p *shop) deserted() (at time.Time) {
	p.Helper()
	both := false
	p.Replay(func(e journal.Entry, v journal.View) {
		canary, own := v.Ready(app)
		if both = both || canary > 0 && own > 0; both && at.IsZero() && (canary == 0 || own == 0) {
			at = e.At
		}
	})
	if at.IsZero() {
		p.Fatal("stable and canary always had a pod")
	}
	return at
}
