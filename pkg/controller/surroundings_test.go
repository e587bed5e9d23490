// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"time"

	testclock "k8s.io/utils/clock/testing"

	"github.com/serin-dev/serin/pkg/rollout"
)

func TestAPolicyIsReliedOnOnlyWhenTheAPIServerActsOnIt(t *testing.T) {
	now := testclock.NewFakePassiveClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	s := &surroundings{clock: now}
	if !s.trusts(rollout.GuardPolicy) {
		t.Error("a policy that was there before the process is not relied on")
	}
	s.known, s.guard = true, rollout.GuardArmed
	if s.trusts(rollout.GuardPolicy) {
		t.Error("a policy that has just appeared is relied on")
	}
	now.SetTime(now.Now().Add(trust))
	if !s.trusts(rollout.GuardPolicy) {
		t.Error("a policy that has been there for long is not relied on")
	}
	if s.trusts(rollout.GuardArmed); !s.policySince.IsZero() {
		t.Error("a policy that went is remembered")
	}
}
