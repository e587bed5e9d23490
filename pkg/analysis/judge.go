// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"math"
	"strings"
	"time"
)

// Judge says what the samples, by the names of checks, tell about the canary
// at an instant.
//
//   - It fails if an acting check failed. A check that failed stays failed:
//     what comes later does not undo it. Report-only checks never act.
//   - It is inconclusive if an acting check is: for want of data, of a further
//     reading, or of a required proof.
//   - Otherwise it passes.
//
// It never panics, asks nobody, and judges the same samples alike, byte for
// byte. A policy without sense (a margin below 1, an alpha outside of 0 to 1)
// is judged by the nearest that makes sense, alpha by 1 %.
func Judge(policy Policy, samples map[string]Samples, now time.Time) Verdict {
	if len(policy.Checks) == 0 {
		return NoChecks()
	}
	alpha := share(policy)
	verdict := Verdict{Checks: make([]CheckVerdict, 0, len(policy.Checks))}
	for _, check := range policy.Checks {
		verdict.Checks = append(verdict.Checks, judge(policy, check, alpha, samples[check.Name], now))
	}
	verdict.Outcome = together(verdict.Checks)
	verdict.NoData = verdict.Outcome == Inconclusive && onlyDataMissing(verdict.Checks)
	verdict.Evidence = summary(verdict)
	return verdict
}

func judge(policy Policy, check Check, alpha float64, samples Samples, now time.Time) CheckVerdict {
	if check.Kind == Threshold {
		return judgeReadings(check, samples, now)
	}
	return judgeComparison(policy, check, alpha, samples, now)
}

// share is each comparison's part of α. By the union bound all comparisons
// that act then fail a healthy canary with a chance of at most α together.
func share(policy Policy) float64 {
	alpha := policy.Alpha
	if !(alpha > 0 && alpha < 1) {
		alpha = defaultAlpha
	}
	acting := 0
	for _, check := range policy.Checks {
		if check.Kind != Threshold && !check.ReportOnly {
			acting++
		}
	}
	return max(alpha/float64(max(acting, 1)), 1e-9)
}

const defaultAlpha = 0.01

func together(checks []CheckVerdict) Outcome {
	outcome := Passed
	for _, check := range checks {
		switch {
		case check.ReportOnly:
		case check.Outcome == Failed:
			return Failed
		case check.Outcome == Inconclusive:
			outcome = Inconclusive
		}
	}
	return outcome
}

// onlyDataMissing: a check that waits for a proof or for a further reading is
// not for the policy on missing data to decide.
func onlyDataMissing(checks []CheckVerdict) bool {
	for _, check := range checks {
		if !check.ReportOnly && check.Outcome == Inconclusive && check.State == Usable {
			return false
		}
	}
	return true
}

// summary gives the evidence of the checks that decided, and what report-only
// checks would have failed.
func summary(v Verdict) string {
	var deciding, reported []string
	for _, check := range v.Checks {
		switch {
		case check.ReportOnly && check.Outcome == Failed:
			reported = append(reported, "reported only: "+check.Evidence)
		case !check.ReportOnly && check.Outcome == v.Outcome:
			deciding = append(deciding, check.Evidence)
		}
	}
	if len(deciding) == 0 {
		deciding = []string{"all checks only report"}
	}
	return strings.Join(append(deciding, reported...), "; ")
}

// exclusions sums up what did not count, in the order in which the states were first met.
type exclusions []Exclusion

func (e *exclusions) add(state State, why string, at time.Time) {
	at = at.UTC().Round(0) // the same record, whatever clock the sample came from
	for i := range *e {
		if x := &(*e)[i]; x.State == state {
			x.Times++
			x.Why, x.Last = why, at
			return
		}
	}
	*e = append(*e, Exclusion{State: state, Why: why, Times: 1, First: at, Last: at})
}

func isNumber(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
