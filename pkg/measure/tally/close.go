// SPDX-License-Identifier: Apache-2.0

package tally

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// complete reports whether the open span can be ended: each version that was
// ever counted was scraped in it, and nothing waits for a better reporter. So
// an interval in which there was no scrape is joined to the next.
func (t *Tally) complete() bool {
	if !t.known(Stable) && !t.known(Canary) {
		return false
	}
	for _, arm := range []Arm{Stable, Canary} {
		if t.known(arm) && t.newest[arm] <= t.closed {
			return false
		}
	}
	for _, l := range t.lines {
		if l.gained != 0 { // what is left after settling waits
			return false
		}
	}
	return true
}

// known reports whether a version has been counted. What a proxy still has of
// the canary of an earlier rollout does not make this one's known.
func (t *Tally) known(arm Arm) bool {
	if arm == Canary {
		return t.newest[Canary] > t.Since.UnixMilli()
	}
	return t.newest[arm] > 0
}

func (t *Tally) close(at int64) Span {
	span := t.open
	span.To = time.UnixMilli(at)
	for _, pod := range slices.Sorted(maps.Keys(t.pods)) {
		span.Pods = append(span.Pods, t.pods[pod])
	}
	// Two buckets that were scraped in one go are consistent; rounding is not.
	span.Stable.Bad, span.Canary.Bad = max(0, span.Stable.Bad), max(0, span.Canary.Bad)
	switch {
	case t.odd > 0:
		span.State, span.Why = analysis.NotANumber, fmt.Sprintf("%d samples of counters are not numbers", t.odd)
	case t.resets > 0:
		span.State, span.Why = analysis.CounterReset, fmt.Sprintf("%d counters fell, as they do when a process begins again, and what they had counted before is not known", t.resets)
	case !t.known(Canary):
		span.State, span.Why = analysis.NoSeries, "there are no series of the canary's: no request reached it, or it is not scraped"
	case !t.known(Stable):
		span.State, span.Why = analysis.NoSeries, "there are no series of stable's: no request reached it, or it is not scraped"
	}
	t.closed = at
	t.reopen(at)
	return span
}

// Pending is what is wrong with the data since the last span, if anything, at
// an instant. Samples may be so old before they are called stale.
func (t *Tally) Pending(now time.Time, old time.Duration) (from time.Time, state analysis.State, why string) {
	t.start()
	from = time.UnixMilli(t.closed)
	if !t.known(Stable) && !t.known(Canary) {
		return from, analysis.NoSeries, "there are no series of either version: no request was made, or nothing is scraped"
	}
	for arm, name := range map[Arm]string{Stable: "stable's", Canary: "the canary's"} {
		age := now.Sub(time.UnixMilli(t.newest[arm])).Truncate(time.Second)
		if t.known(arm) && t.newest[arm] <= t.closed && age > old {
			state, why = analysis.Stale, fmt.Sprintf("the newest sample of %s counters is older than %s", name, old)
		}
	}
	return from, state, why
}
