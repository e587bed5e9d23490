// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// steps is how many values of a query are read at once.
const steps = 500

// queried is a query of the user's own.
type queried struct {
	query    string
	since    time.Time
	interval time.Duration
	taken    time.Time
	found    known
}

func newQueried(q Question, query string, interval time.Duration) *queried {
	return &queried{query: query, since: q.Since, interval: interval, taken: q.Since, found: known{query: query}}
}

func (t *queried) next() time.Time { return tally.After(t.taken, t.interval) }
func (t *queried) known() known    { return t.found }

func (t *queried) advance(ctx context.Context, ask asker, now time.Time) error {
	first, until := t.next(), grid(t.since, t.interval, now)
	if until.Before(first) {
		return nil
	}
	if most := first.Add((steps - 1) * t.interval); most.Before(until) {
		until = most
	}
	series, err := ask.values(ctx, t.query, first, until, t.interval)
	if err != nil {
		t.found.pending = &tally.Span{From: t.taken, To: now, State: analysis.Unreachable, Why: err.Error()}
		return err
	}
	for at := first; !at.After(until); at = at.Add(t.interval) {
		t.found.readings = append(t.found.readings, reading(series, at))
	}
	t.taken, t.found.pending = until, nil
	return nil
}

// reading is the one value at an instant.
func reading(all []tally.Series, at time.Time) analysis.Reading {
	r := analysis.Reading{At: at, Requests: -1}
	found := 0
	for _, series := range all {
		for _, p := range series.Points {
			if p.At == at.UnixMilli() {
				r.Value = p.Value
				found++
			}
		}
	}
	switch {
	case found == 0:
		r.State, r.Why = analysis.NoSeries, "the query finds nothing"
	case found > 1:
		r.Value, r.State, r.Why = 0, analysis.SeveralSeries, fmt.Sprintf("the query gives %d values; put sum(…), max(…) or the like around it", found)
	case math.IsNaN(r.Value) || math.IsInf(r.Value, 0):
		r.Value, r.State, r.Why = 0, analysis.NotANumber, fmt.Sprintf("the query gives %g, as a division by zero does", r.Value)
	}
	return r
}

// of are the readings for a judge.
func (k known) of(check analysis.Check, q Question, traffic []tally.Span) []analysis.Reading {
	var all []analysis.Reading
	for _, r := range k.readings {
		if check.MinRequests > 0 {
			r.Requests = requests(traffic, r.At.Add(-check.Interval), r.At)
		}
		all = append(all, q.judged(check, r))
	}
	for _, s := range k.spans {
		all = append(all, q.judged(check, q.value(check, s)))
	}
	if k.pending != nil {
		all = append(all, analysis.Reading{At: k.pending.To, State: k.pending.State, Why: k.pending.Why, Requests: -1})
	}
	return all
}

// judged adds what a reading that is right in itself may lack.
func (q Question) judged(check analysis.Check, r analysis.Reading) analysis.Reading {
	switch {
	case r.State != analysis.Usable:
	case q.warming(r.At.Add(-check.Interval), r.At):
		r.State, r.Why = analysis.WarmingUp, "a pod of the canary is too young to be judged"
	case r.Requests >= 0 && r.Requests < check.MinRequests:
		r.State, r.Why = analysis.TooFew, fmt.Sprintf("%.0f requests, and at least %.0f are asked for", r.Requests, check.MinRequests)
	}
	return r
}

// requests are those of the canary in a time, or -1 where they are not known.
func requests(traffic []tally.Span, from, to time.Time) float64 {
	byEnd := func(s tally.Span, at time.Time) int { return s.To.Compare(at.Add(1)) }
	first, _ := slices.BinarySearchFunc(traffic, from, byEnd)
	last, _ := slices.BinarySearchFunc(traffic, to, byEnd)
	if n := len(traffic); n == 0 || traffic[n-1].To.Before(to) {
		return -1
	}
	sum := 0.0
	for _, s := range traffic[first:last] {
		sum += s.Canary.Total
	}
	return sum
}

// value is the metric of a preset in a span.
func (q Question) value(check analysis.Check, s tally.Span) analysis.Reading {
	i := q.interval(s)
	r := analysis.Reading{At: s.To, State: i.State, Why: i.Why, Requests: i.Canary.Total}
	if r.State != analysis.Usable {
		return r
	}
	if check.Metric == analysis.LatencyQuantile {
		r.Value = quantile(check.Quantile, s.Buckets)
	} else {
		r.Value = 100 * (1 - i.Canary.Bad/i.Canary.Total)
	}
	if math.IsNaN(r.Value) {
		r.Value, r.State, r.Why = 0, analysis.NotANumber, "the buckets have no bound"
	}
	return r
}

// quantile is where a part of all lies, as PromQL computes it: evenly within a
// bucket, and the highest bound for what lies in the last.
func quantile(part float64, buckets map[float64]float64) float64 {
	lower, below := 0.0, 0.0
	rank := part * buckets[math.Inf(1)]
	for _, bound := range slices.Sorted(maps.Keys(buckets)) {
		if math.IsInf(bound, 1) {
			break
		}
		if n := buckets[bound]; n >= rank && n > below {
			return lower + (bound-lower)*(rank-below)/(n-below)
		}
		lower, below = bound, buckets[bound]
	}
	if lower == 0 {
		return math.NaN()
	}
	return lower
}
