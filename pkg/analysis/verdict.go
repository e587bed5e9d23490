// SPDX-License-Identifier: Apache-2.0

package analysis

// Outcome is what the checks say together.
type Outcome int

// The outcomes. The zero value is the safe one: it neither passes nor fails.
const (
	Inconclusive Outcome = iota
	Passed
	Failed
)

// Verdict is the judgement on a canary at one instant, with what it rests on.
type Verdict struct {
	Outcome Outcome
	// Evidence says in words what was measured against what, for people.
	Evidence string
}

// NoChecks is the verdict where nothing is to be measured: pod health alone decides.
func NoChecks() Verdict {
	return Verdict{Outcome: Passed, Evidence: "pod health only; no checks are configured"}
}
