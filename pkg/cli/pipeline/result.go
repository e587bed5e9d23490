// SPDX-License-Identifier: Apache-2.0

package pipeline

import "github.com/serin-dev/serin/pkg/cli/model"

// Result is how a run ended.
type Result int

// The results. Their numbers are the exit codes that the documentation promises.
const (
	Promoted    Result = 0
	RolledBack  Result = 1
	TimedOut    Result = 2
	Superseded  Result = 3
	Interrupted Result = 130 // as shells tell of a process that Ctrl-C ended
)

func resultOf(outcome model.Outcome) Result {
	if outcome == model.Promoted {
		return Promoted
	}
	return RolledBack
}
