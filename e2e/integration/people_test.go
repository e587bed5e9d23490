// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"testing"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

func TestAPersonPassesSteps(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	p.deploy("v2")
	p.at(250)
	p.annotate("promote", "step")
	p.at(500)
	p.obeyed("promote")
	p.annotate("promote", "full")
	p.promoted("v2")
	p.told("UpToDate", "NewTemplate", "StepPassed", "PromoteRequested", "StepPassed", "PromoteRequested", "StepPassed", "AllStepsPassed", "Promoted")
}

func TestAPersonHoldsARollout(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	p.deploy("v2")
	p.at(250)
	p.annotate("pause", "true")
	p.saying("Unknown", "PauseRequested")
	p.annotate("steps", "25,50,100") // the hold of this step is over now
	p.saying("Unknown", "PauseRequested")
	p.scale(4) // what stands still carries its weight all the same
	p.await("a canary that can carry a quarter of four pods", func(v journal.View) string {
		if v.Deployment(p.name).Status.AvailableReplicas != 4 {
			return "the target has not grown"
		}
		return ""
	})
	p.at(250)
	p.annotate("pause", "")
	p.promoted("v2")
	p.neverBeyondCapacity()
}

func TestAFailureFreezes(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *shop){
		"until a person goes on": func(p *shop) {
			p.annotate("steps", "25,50,100")
			p.annotate("promote", "step")
			p.promoted("v2-restart-later")
		},
		"until a person takes it back": func(p *shop) {
			p.annotate("abort", "true")
			p.rolledBack("v1", "AbortRequested")
		},
		"until a person tries again": func(p *shop) {
			p.annotate("retry", "true")
			p.await("the rollout to fail again", func(v journal.View) string {
				if reasons := v.Reasons(p.name); len(reasons) < 8 {
					return "the Events tell less"
				}
				return p.hasCondition(v, "Unknown", "RestartsExceeded")
			})
			p.deploy("v1")
			p.promoted("v1")
		},
		"until a better version comes": func(p *shop) {
			p.annotate("steps", "25,50,100")
			p.deploy("v3")
			p.promoted("v3")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newShop(t, shared, everyones.take(t)).mesh().open(4, slow("serin.dev/on-failure", "pause"))
			p.deploy("v2-restart-later")
			p.at(250)
			v := p.saying("Unknown", "RestartsExceeded")
			// It keeps its weight, unless it was seen in the moment in which its only pod was not ready.
			if m := v.Memo(p.name); m.Ending != "" || (m.Weight != 250 && m.Weight != 0) {
				t.Errorf("the memo says %+v", m)
			}
			end(p)
		})
	}
}

func TestACommandWithNothingToDo(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(1, quick)
	for command, value := range map[string]string{"abort": "true", "retry": "true", "promote": "full"} {
		p.annotate(command, value)
		p.obeyed(command)
	}
	p.told("UpToDate", "CommandIgnored", "CommandIgnored", "CommandIgnored")
	p.saying("True")
}

func TestTheVersionLabelFollows(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t))
	p.create(withLabel(deploymentOf(p.name, 2, quick), "v1"))
	service := serviceOf(p.name)
	service.Labels = map[string]string{"version": "v1"}
	p.serve(service)
	p.adopted()
	p.relabel("v2-never-ready")
	p.pods(1)
	p.annotate("abort", "true")
	p.rolledBack("v1", "AbortRequested")
	p.labelled("v1")
	p.relabel("v3")
	p.promoted("v3")
	p.labelled("v3")
}
