// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// at waits until the rollout has reached the step of that weight, and its pods or routes are there.
func (p *shop) at(weight int) journal.View {
	p.Helper()
	return p.await(fmt.Sprintf("the step of %d", weight), func(v journal.View) string {
		m := v.Memo(p.name)
		if m.Weight != weight || m.Promoting || m.Ending != "" {
			return fmt.Sprintf("the memo says %+v", m)
		}
		if m.Mode != "istio" {
			return ""
		}
		vs := v.Routes(p.name)
		if p.vs == nil {
			vs = v.Routes(p.name + "-serin")
		}
		if got, err := journal.WeightIn(vs); err != nil || got != weight {
			return fmt.Sprintf("the routes say %d, %v", got, err)
		}
		return ""
	})
}

// paused waits until the step waits for a person.
func (p *shop) paused(weight int) journal.View {
	p.Helper()
	p.at(weight)
	return p.await("the step to wait for a person", func(v journal.View) string {
		if m := v.Memo(p.name); m.Weight != weight {
			return fmt.Sprintf("the memo says %+v", m)
		}
		return p.hasCondition(v, "Unknown", "StepPaused")
	})
}

// pods waits until the canary has so many pods, ready or not.
func (p *shop) pods(number int) {
	p.Helper()
	p.await(fmt.Sprintf("%d canary pods", number), func(v journal.View) string {
		if canary := v.Deployment(p.name + "-canary"); canary == nil || int(canary.Status.Replicas) != number {
			return "there are others"
		}
		return ""
	})
}
