// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// Asker is who is asked.
type Asker interface {
	// Raw is the samples of a selector after one instant up to another.
	Raw(ctx context.Context, selector string, after, until time.Time) ([]tally.Series, error)
	// Range is the value of a query at each step from one instant to another.
	Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]tally.Series, error)
}

// Question is what is to be measured of one rollout.
type Question struct {
	Subject  presets.Subject
	Since    time.Time // when the rollout began
	Interval time.Duration
	Checks   []analysis.Check

	// These are applied to what is known whenever it is asked for.

	// Weights are what the canary should get, oldest first. Requests that
	// nobody knows the destination of are split by them, and are left out
	// before the first.
	Weights []Weight
	// Warming is when some pod of the canary was too young to be judged.
	Warming []Period
}

// Weight is the canary's share of requests, from 0 to 1, from an instant on.
type Weight struct {
	From  time.Time
	Share float64
}

// Period is the time between two instants.
type Period struct {
	From, To time.Time
}

// Answer is what is known of a rollout.
type Answer struct {
	Preset  string                      // the metrics that were found; empty: none yet
	Samples map[string]analysis.Samples // by the name of the check
	Traffic []analysis.Interval         // the requests of both versions, whatever the checks are
}

// Share adds up the requests since an instant: those that went to the canary,
// and all. Intervals that began before are left out, and so are those that do
// not count; one without a request to the canary does count here.
func (a Answer) Share(since time.Time) (canary, all float64) {
	for _, i := range a.Traffic {
		counted := i.State == analysis.Usable || i.State == analysis.NoTraffic || i.State == analysis.WarmingUp
		if counted && !i.From.Before(since) {
			canary += i.Canary.Total
			all += i.Canary.Total + i.Stable.Total
		}
	}
	return canary, all
}

// grid is the last instant of the grid that is not after another, at least since.
func grid(since time.Time, interval time.Duration, now time.Time) time.Time {
	if at := tally.Floor(now, interval); at.After(since) {
		return at
	}
	return since
}
