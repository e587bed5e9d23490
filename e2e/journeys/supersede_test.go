// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"testing"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// inPhase is a rollout that is held in one phase for as long as a journey needs.
type inPhase struct {
	steps   string
	reach   func(p *shop) // takes v2 there
	judged  bool          // v2 has passed all steps, and may become stable
	answers []string
}

var (
	unseen = []string{"v1", "v3"}       // v2 never had a request
	seen   = []string{"v1", "v2", "v3"} // v2 had its share
)

var inPhases = map[string]inPhase{
	"before the canary is ready": {"50,100", func(p *shop) {
		p.deploy("v2", "slow-start=1h")
		p.starting()
	}, false, unseen},
	"in the middle of a step": {"50:1h,100", func(p *shop) { p.midStep() }, false, seen},
	"paused": {"50:1h,100", func(p *shop) {
		p.midStep()
		p.annotate("pause", "true")
		p.saying("Unknown", "PauseRequested")
	}, false, seen},
	"in the middle of the promotion": {"50,100", func(p *shop) { p.midPromotion() }, true, seen},
	"rolling back": {"50:1h,100", func(p *shop) {
		p.midStep()
		p.annotate("abort", "true")
		p.returning()
	}, false, seen},
	"rolled back": {"50:1h,100", func(p *shop) {
		p.midStep()
		p.annotate("abort", "true")
		p.rolledBack("v1", "AbortRequested")
	}, false, seen},
}

// hasty is a rollout of two steps, the shortest that has a middle.
func hasty(steps string) map[string]string {
	return with(brief, "serin.dev/steps", steps, "serin.dev/hold", "0s")
}

// midStep takes v2 to half of the traffic, where it is held.
func (p *shop) midStep() {
	p.Helper()
	p.deploy("v2")
	p.weighing(500)
	p.saying("Unknown", "Holding", "StepPassed") // which of the two is told depends on whether anything has woken the controller since
}

// starting waits until the canary runs, and is not ready.
func (p *shop) starting() {
	p.Helper()
	p.await("the canary to start", func(v journal.View) string {
		for _, pod := range pods(v) {
			if journal.IsCanary(pod) && len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].State.Running != nil {
				return ""
			}
		}
		return "no canary pod runs"
	})
}

// midPromotion waits until the target itself has begun to roll to v2: the first of its pods has come, and is slow to be ready.
func (p *shop) midPromotion() {
	p.Helper()
	p.deploy("v2", "slow-start=3s")
	p.await("the target to roll", func(v journal.View) string {
		for _, pod := range pods(v) {
			if versionOf(pod) == "v2" && !journal.IsCanary(pod) {
				return ""
			}
		}
		return "it has no pod of the new version: " + condition(v, "", "none")
	})
}

// returning waits until the rollout is on its way back.
func (p *shop) returning() {
	p.Helper()
	p.await("the rollout to go back", func(v journal.View) string {
		if v.Memo(app).Ending == "" {
			return "it does not"
		}
		return ""
	})
}

// A third version comes while the second goes out.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	for name, phase := range inPhases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, m mode) {
				t.Helper()
				p := open(t, m, 3, hasty(phase.steps), "A version that comes when the one before it is at this point ("+name+") is judged from the start, and ends up serving everybody.")
				phase.reach(p)
				p.deploy("v3")
				p.annotate("pause", "")
				p.annotate("steps", "50,100") // nobody holds it any more
				p.promoted("v3")
				p.onlyAnswers("v3")
				p.noneFailed()
				p.answered(phase.answers...)
				p.judgedFirst("v3")
				p.climbs()
				if phase.judged {
					p.judgedFirst("v2")
				} else {
					p.neverStable("v2")
				}
			})
		})
	}
}

// The template is put back to what stable runs.
func TestPutBack(t *testing.T) {
	t.Parallel()
	for name, phase := range map[string]inPhase{
		"in the middle of a step":        inPhases["in the middle of a step"],
		"in the middle of the promotion": inPhases["in the middle of the promotion"],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, m mode) {
				t.Helper()
				p := open(t, m, 3, hasty(phase.steps), "A template that is put back "+name+" leaves everybody on the old version.")
				phase.reach(p)
				p.deploy("v1")
				p.promoted("v1")
				p.onlyAnswers("v1")
				p.noneFailed()
				p.answered("v1", "v2")
				p.climbs()
				if phase.judged {
					p.judgedFirst("v2")
				} else {
					p.neverStable("v2")
				}
			})
		})
	}
}
