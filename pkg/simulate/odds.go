// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Odds is how many rollouts ended in one way.
type Odds struct {
	Outcome Outcome        `json:"outcome"`
	Reason  rollout.Reason `json:"reason"`
	Runs    int            `json:"runs"`
	// Of all runs, in percent, with the bounds between which the true odds lie
	// in 95 of 100 cases.
	Percent float64 `json:"percent"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	// How long they took.
	Fastest Seconds `json:"fastest"`
	Median  Seconds `json:"median"`
	Slowest Seconds `json:"slowest"`
}

// Repeat plays the scenario with so many seeds, beginning with its own, and
// counts how it ends, the most frequent way first.
func Repeat(ctx context.Context, scenario Scenario, runs int) ([]Odds, error) {
	type end struct {
		outcome Outcome
		reason  rollout.Reason
	}
	took := map[end][]Seconds{}
	for range runs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		result, err := Play(ctx, scenario)
		if err != nil {
			return nil, err
		}
		at := end{result.Outcome, result.Reason}
		took[at] = append(took[at], result.Took)
		scenario.Seed++
	}
	var all []Odds
	for at, times := range maps.All(took) {
		slices.Sort(times)
		o := Odds{Outcome: at.outcome, Reason: at.reason, Runs: len(times), Percent: percent(float64(len(times)) / float64(runs)),
			Fastest: times[0], Median: times[len(times)/2], Slowest: times[len(times)-1]}
		o.Low, o.High = bounds(len(times), runs)
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b Odds) int {
		return cmp.Or(cmp.Compare(b.Runs, a.Runs), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Reason, b.Reason))
	})
	return all, nil
}

// bounds is Wilson's interval, which is sound for odds near 0 and 1, too.
func bounds(hits, runs int) (low, high float64) {
	const z = 1.96
	n, p := float64(runs), float64(hits)/float64(runs)
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	wide := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return percent(max(0, middle-wide)), percent(min(1, middle+wide))
}

// percent keeps one decimal: more would claim more than a sample can say.
func percent(part float64) float64 { return math.Round(1000*part) / 10 }
