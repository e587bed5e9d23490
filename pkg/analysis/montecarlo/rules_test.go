// SPDX-License-Identifier: Apache-2.0

package montecarlo_test

import (
	"math"
	"sort"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// rule judges a stream: in which interval it rolls back, counted from 1, or 0 for never.
type rule struct {
	name  string
	judge func([]analysis.Interval) int
}

// serin rolls back with this margin.
func serin(margin float64) rule {
	return rule{"Serin", func(row []analysis.Interval) int {
		if !fails(margin, row) {
			return 0
		}
		// A failure stays, so that the first is found by halving.
		return 1 + sort.Search(len(row)-1, func(n int) bool { return fails(margin, row[:n+1]) })
	}}
}

// fails judges at the end; a failure at any time before is still one then.
func fails(margin float64, row []analysis.Interval) bool {
	policy := analysis.Policy{Alpha: alpha, Interval: tick, Checks: []analysis.Check{{Name: "errors", Kind: analysis.Errors, Margin: margin}}}
	v := analysis.Judge(policy, map[string]analysis.Samples{"errors": {Intervals: row}}, at(len(row)))
	return v.Outcome == analysis.Failed
}

const (
	alpha       = 0.01
	minute      = int(time.Minute / tick)
	successRate = 0.99
)

// sum adds up what the source shows in a row of intervals. Only Serin knows that a counter was reset.
func sum(row []analysis.Interval) (canary, stable analysis.Counts) {
	for _, i := range row {
		if i.State == analysis.Usable {
			canary.Bad += i.Canary.Bad
			canary.Total += i.Canary.Total
			stable.Bad += i.Stable.Bad
			stable.Total += i.Stable.Total
		}
	}
	return canary, stable
}

// isFailing: the canary's success rate over the minute is below 99 %.
func isFailing(c analysis.Counts) bool { return c.Total-c.Bad < successRate*c.Total }

// everyMinute asks a rule at the end of each minute, until it says to roll back.
func everyMinute(decides func(sofar []analysis.Interval, last analysis.Counts) bool) func([]analysis.Interval) int {
	return func(row []analysis.Interval) int {
		for n := minute; n <= len(row); n += minute {
			last, _ := sum(row[n-minute : n])
			if decides(row[:n], last) {
				return n
			}
		}
		return 0
	}
}

// firstFailure rolls back at the first minute below 99 %; a minute without requests passes.
func firstFailure() rule {
	return rule{"first failure", everyMinute(func(_ []analysis.Interval, last analysis.Counts) bool { return isFailing(last) })}
}

// flagger: interval 1m, threshold 5, request-success-rate min 99. A check also
// fails where the query has no value: without requests, and (its numerator being
// empty) where all fail. Failed checks add up over the rollout. The rollback comes
// with the tick after the one that reached the threshold.
func flagger() rule {
	return rule{"Flagger", func(row []analysis.Interval) int {
		failed := 0
		return everyMinute(func(_ []analysis.Interval, last analysis.Counts) bool {
			if failed >= 5 {
				return true
			}
			if last.Total == 0 || isFailing(last) {
				failed++
			}
			return false
		})(row)
	}}
}

// argo: interval 1m, failureLimit 3, consecutiveErrorLimit 4 (the default),
// successCondition result[0] >= 0.99 over a quotient of sums. Without requests the
// quotient is NaN, which fails; where all fail it is empty, which is an error.
// The run fails with the measurement that is more than a limit.
func argo() rule {
	return rule{"Argo Rollouts", func(row []analysis.Interval) int {
		failed, errors := 0, 0
		return everyMinute(func(_ []analysis.Interval, last analysis.Counts) bool {
			switch {
			case last.Total > 0 && last.Bad == last.Total:
				errors++
			case last.Total == 0 || isFailing(last):
				failed, errors = failed+1, 0
			default:
				errors = 0
			}
			return failed > 3 || errors > 4
		})(row)
	}}
}

// zTest compares, each minute, all counts so far: pooled, one-sided, at the level of 1 %.
func zTest() rule {
	return rule{"z-test", everyMinute(func(sofar []analysis.Interval, _ analysis.Counts) bool {
		canary, stable := sum(sofar)
		if canary.Total == 0 || stable.Total == 0 {
			return false
		}
		pooled := (canary.Bad + stable.Bad) / (canary.Total + stable.Total)
		spread := math.Sqrt(pooled * (1 - pooled) * (1/canary.Total + 1/stable.Total))
		return spread > 0 && (canary.Bad/canary.Total-stable.Bad/stable.Total)/spread > 2.326
	})}
}

func rivals() []rule { return []rule{flagger(), argo(), firstFailure(), zTest()} }
