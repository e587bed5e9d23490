// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"encoding/json"
	"fmt"
)

// memo is what the tests read of the controller's memo.
type memo struct {
	Weight    int
	Mode      string
	Promoting bool
	Ending    string
}

func (v view) memo(name string) (m memo) {
	if d := v.deployment(name); d != nil {
		_ = json.Unmarshal([]byte(d.Annotations["serin.dev/rollout"]), &m)
	}
	return m
}

// at waits until the rollout has reached the step of that weight, and its pods or routes are there.
func (p *shop) at(weight int) view {
	p.Helper()
	return p.await(fmt.Sprintf("the step of %d", weight), func(v view) string {
		m := v.memo(p.name)
		if m.Weight != weight || m.Promoting || m.Ending != "" {
			return fmt.Sprintf("the memo says %+v", m)
		}
		if m.Mode != "istio" {
			return ""
		}
		vs := v.routes(p.name)
		if p.vs == nil {
			vs = v.routes(p.name + "-serin")
		}
		if got, err := weightIn(vs); err != nil || got != weight {
			return fmt.Sprintf("the routes say %d, %v", got, err)
		}
		return ""
	})
}

// paused waits until the step waits for a person.
func (p *shop) paused(weight int) view {
	p.Helper()
	p.at(weight)
	return p.await("the step to wait for a person", func(v view) string {
		if m := v.memo(p.name); m.Weight != weight {
			return fmt.Sprintf("the memo says %+v", m)
		}
		return p.hasCondition(v, "Unknown", "StepPaused")
	})
}

// pods waits until the canary has so many pods, ready or not.
func (p *shop) pods(number int) {
	p.Helper()
	p.await(fmt.Sprintf("%d canary pods", number), func(v view) string {
		if canary := v.deployment(p.name + "-canary"); canary == nil || int(canary.Status.Replicas) != number {
			return "there are others"
		}
		return ""
	})
}
