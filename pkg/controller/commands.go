// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"

	"github.com/serin-dev/serin/pkg/metrics"
	"github.com/serin-dev/serin/pkg/rollout"
)

// obeyed are the reasons of the rules that carry a command out. Under any other
// it is taken away because it is too late, or because there is nothing to do.
var obeyed = map[string][]rollout.Reason{
	"promote": {"PromoteRequested", "FailureForgiven"},
	"abort":   {"AbortRequested"},
	"retry":   {"RetryRequested"},
}

// answer is what became of a command that a decision took away. A rejected
// template that is tried again may be promoted in full by the same decision.
func answer(command string, d rollout.Decision) metrics.Answer {
	if slices.Contains(obeyed[command], d.Reason) || (command == "promote" && d.Memo.Full) {
		return metrics.CarriedOut
	}
	return metrics.Ignored
}
