// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// A pod of the canary is called unready for a moment. The kubelet does so when it restarts (kubernetes/kubernetes#100277), and was seen
// to do so on a busy machine with a pod that had just become ready, until its next probe (see kubernetes/kubernetes#103717).
func TestBlinked(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		p := open(t, m, 4, with(brief, "serin.dev/hold", hold.String()), "A canary whose only pod is called unready for a moment has no traffic meanwhile, "+
			"and goes on from there; the step is held anew, and in full.")
		p.deploy("v2")
		p.weighing(250)
		p.blink()
		p.promoted("v2")
		p.onlyAnswers("v2")
		p.onlyTheCanaryFailed("v2")
		p.sharesAreTrue("v2")
		p.climbs()
		p.stepsClimb()
		p.neverFewer(4)
		p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
	})
}

// blink calls a ready pod of the canary, which is its only one, unready until clients are kept from it, and then ready again.
func (p *shop) blink() {
	p.Helper()
	var pod string
	p.await("the canary's pod to be ready", func(v journal.View) string {
		canary := readyCanary(v)
		if len(canary) == 0 {
			return "it is not"
		}
		pod = canary[0].Name
		return ""
	})
	p.say(pod, corev1.ConditionFalse)
	p.await("clients to be kept from it", func(v journal.View) string {
		if share := p.given(v); share > 0 {
			return fmt.Sprintf("the canary is given a share of %.3f", share)
		}
		return ""
	})
	p.say(pod, corev1.ConditionTrue)
}

// say tells the API server whether a pod is ready, in the kubelet's stead.
func (p *shop) say(pod string, ready corev1.ConditionStatus) {
	p.Helper()
	status := fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":%q,"lastTransitionTime":%q}]}}`, ready, time.Now().UTC().Format(time.RFC3339))
	_, err := p.api.CoreV1().Pods(p.namespace).Patch(p.Context(), pod, types.StrategicMergePatchType, []byte(status), metav1.PatchOptions{}, "status")
	p.must(err)
}
