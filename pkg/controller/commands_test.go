// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"strings"
	"testing"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/metrics"
	"github.com/serin-dev/serin/pkg/rollout"
)

func TestACommandIsCarriedOutByItsOwnRuleOnly(t *testing.T) {
	for command, want := range map[string]map[rollout.Reason]metrics.Answer{
		"promote": {"PromoteRequested": metrics.CarriedOut, "FailureForgiven": metrics.CarriedOut, "CommandIgnored": metrics.Ignored, "AbortRequested": metrics.Ignored},
		"abort":   {"AbortRequested": metrics.CarriedOut, "Cancelled": metrics.Ignored},
		"retry":   {"RetryRequested": metrics.CarriedOut, "CommandIgnored": metrics.Ignored},
	} {
		for reason, answered := range want {
			if got := answer(command, rollout.Decision{Reason: reason}); got != answered {
				t.Errorf("%s by %s is %s, want %s", command, reason, got, answered)
			}
		}
	}
	again := rollout.Decision{Reason: "RetryRequested", Memo: rollout.Memo{Full: true}}
	if got := answer("promote", again); got != metrics.CarriedOut {
		t.Errorf("a promotion in full with the next try is %s", got)
	}
}

// A command without a rule would count as ignored for ever.
func TestEveryCommandHasARuleThatCarriesItOut(t *testing.T) {
	for _, command := range annotations.Commands {
		if len(obeyed[strings.TrimPrefix(command, annotations.Prefix)]) == 0 {
			t.Errorf("no rule carries out %s", command)
		}
	}
}
