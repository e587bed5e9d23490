// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"cmp"
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"

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
	// Detection is how long after the canary's first traffic a check failed, in
	// the median of those in which one did.
	Detection *Seconds `json:"detection,omitempty"`
	// Failed is how many requests to the canary failed, in the mean.
	Failed float64 `json:"failed"`
}

// end is a way in which a rollout ends.
type end struct {
	outcome Outcome
	reason  rollout.Reason
}

// Repeat plays the scenario with so many seeds, beginning with its own, and
// counts how it ends, the most frequent way first. What it gives depends on the
// seeds only, and not on how many processors play.
func Repeat(ctx context.Context, scenario Scenario, runs int) ([]Odds, error) {
	results, failed := make([]Result, runs), make([]error, runs)
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		wait.Go(func() {
			for i := worker; i < runs && ctx.Err() == nil; i += workers {
				one := scenario
				one.Seed += uint64(i) //nolint:gosec // it counts up from 0
				results[i], failed[i] = Play(ctx, one)
				results[i].Lines = nil // nobody reads a thousand transcripts
			}
		})
	}
	wait.Wait()
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		return nil, err
	}
	ends := map[end][]Result{}
	for _, r := range results {
		at := end{r.Outcome, r.Reason}
		ends[at] = append(ends[at], r)
	}
	var all []Odds
	for at, results := range ends {
		all = append(all, oddsOf(at, results, runs))
	}
	slices.SortFunc(all, func(a, b Odds) int {
		return cmp.Or(cmp.Compare(b.Runs, a.Runs), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Reason, b.Reason))
	})
	return all, nil
}

func oddsOf(at end, results []Result, runs int) Odds {
	var times, found []Seconds
	bad := 0.0
	for _, r := range results {
		times = append(times, r.Took)
		bad += r.Canary.Bad
		if r.Detected != nil {
			found = append(found, *r.Detected)
		}
	}
	slices.Sort(times)
	slices.Sort(found)
	o := Odds{Outcome: at.outcome, Reason: at.reason, Runs: len(times), Percent: percent(float64(len(times)) / float64(runs)),
		Fastest: times[0], Median: times[len(times)/2], Slowest: times[len(times)-1], Failed: math.Round(10*bad/float64(len(times))) / 10}
	if len(found) > 0 {
		o.Detection = &found[len(found)/2]
	}
	o.Low, o.High = bounds(len(times), runs)
	return o
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
