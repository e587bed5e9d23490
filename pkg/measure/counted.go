// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

const (
	// window is how much is read at once when a lot is to be made up for.
	window = 5 * time.Minute
	// before is how far before the rollout the last value of a counter is
	// looked for. It is as long as Prometheus itself takes a sample for the present.
	before = 5 * time.Minute
	// old is when a sample is too old to be called new: usual scrape intervals
	// are at most a minute.
	old = 90 * time.Second
)

// known is what a track has found. Its slices only ever grow.
type known struct {
	query    string
	spans    []tally.Span
	readings []analysis.Reading
	pending  *tally.Span // what is wrong since, if anything is
}

// track is one thing that is measured.
type track interface {
	// advance reads a part of what there is up to an instant.
	advance(ctx context.Context, ask asker, until time.Time) error
	// next is when there is more to be read.
	next() time.Time
	known() known
}

// counted counts requests.
type counted struct {
	selectors []presets.Selector
	tally     tally.Tally
	found     known
}

func newCounted(q Question, interval time.Duration, selectors []presets.Selector, read func(map[string]string) tally.Meaning) *counted {
	c := &counted{selectors: selectors, tally: tally.Tally{Since: q.Since, Interval: interval, Read: read}}
	texts := make([]string, 0, len(selectors))
	for _, s := range selectors {
		texts = append(texts, s.String())
	}
	c.found.query = strings.Join(texts, "\n")
	return c
}

func (c *counted) next() time.Time {
	if c.tally.Taken().IsZero() {
		return c.tally.Since
	}
	return tally.After(c.tally.Taken(), c.tally.Interval)
}

func (c *counted) known() known { return c.found }

func (c *counted) advance(ctx context.Context, ask asker, now time.Time) error {
	return c.upTo(ctx, ask, grid(c.tally.Since, c.tally.Interval, now), now)
}

// upTo reads up to an instant, or as much of that as is read at once.
func (c *counted) upTo(ctx context.Context, ask asker, until, now time.Time) error {
	from := c.tally.Taken()
	if from.IsZero() {
		from = c.tally.Since.Add(-before)
	}
	whole := max(1, window/c.tally.Interval) * c.tally.Interval
	if last := grid(c.tally.Since, c.tally.Interval, from.Add(whole)); last.Before(until) {
		until = last
	}
	all, err := c.read(ctx, ask, from, until)
	if err != nil {
		c.wait(now, analysis.Unreachable, err.Error())
		return err
	}
	c.found.spans = append(c.found.spans, c.tally.Take(all, until)...)
	c.found.pending = nil
	if from, state, why := c.tally.Pending(until, max(old, 3*c.tally.Interval)); state != analysis.Usable {
		c.found.pending = &tally.Span{From: from, To: until, State: state, Why: why}
	}
	return nil
}

// read asks for all selectors side by side.
func (c *counted) read(ctx context.Context, ask asker, from, until time.Time) ([]tally.Series, error) {
	found, wrong := make([][]tally.Series, len(c.selectors)), make([]error, len(c.selectors))
	var all sync.WaitGroup
	for i, selector := range c.selectors {
		all.Go(func() { found[i], wrong[i] = ask.samples(ctx, selector, from, until) })
	}
	all.Wait()
	for _, err := range wrong {
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(found...), nil
}

// wait says why there is nothing since the last span.
func (c *counted) wait(now time.Time, state analysis.State, why string) {
	from := c.tally.Since
	if n := len(c.found.spans); n > 0 {
		from = c.found.spans[n-1].To
	}
	c.found.pending = &tally.Span{From: from, To: now, State: state, Why: why}
}

// intervals are the spans for a judge.
func (k known) intervals(q Question) []analysis.Interval {
	spans := slices.Clip(k.spans)
	if k.pending != nil {
		spans = append(spans, *k.pending)
	}
	all := make([]analysis.Interval, 0, len(spans))
	for _, span := range spans {
		all = append(all, q.interval(span))
	}
	return all
}

func (q Question) interval(s tally.Span) analysis.Interval {
	i := analysis.Interval{From: s.From, To: s.To, State: s.State, Why: s.Why, Stable: s.Stable, Canary: s.Canary, Pods: s.Pods}
	if weight, ok := q.weight(s.From, s.To); ok {
		i.Stable, i.Canary, i.Unserved = add(s.Stable, s.Unknown, 1-weight), add(s.Canary, s.Unknown, weight), s.Unknown.Total
	}
	if i.State == analysis.NoSeries && i.Canary.Total > 0 && i.Stable.Total > 0 {
		i.State, i.Why = analysis.Usable, "" // a canary that never had an endpoint has no series of its own
	}
	switch {
	case i.State != analysis.Usable:
	case q.warming(s.From, s.To):
		i.State, i.Why = analysis.WarmingUp, "a pod of the canary is too young to be judged"
	case i.Canary.Total == 0:
		i.State, i.Why = analysis.NoTraffic, "no request reached the canary"
	}
	return i
}

// add splits requests of which nobody knows where they were to go. By the
// weight is fair where both versions suffer; and a version that has no endpoint
// at all has nothing but these, so that all of its requests are bad.
func add(c, unknown analysis.Counts, part float64) analysis.Counts {
	return analysis.Counts{Bad: c.Bad + unknown.Bad*part, Total: c.Total + unknown.Total*part}
}

// weight is the share that was wanted from one instant to another, if it was
// the same all the while.
func (q Question) weight(from, to time.Time) (float64, bool) {
	for i, w := range q.Weights {
		last := i == len(q.Weights)-1
		if !w.From.After(from) && (last || !q.Weights[i+1].From.Before(to)) {
			return w.Share, true
		}
	}
	return 0, false
}

func (q Question) warming(from, to time.Time) bool {
	return slices.ContainsFunc(q.Warming, func(p Period) bool { return p.From.Before(to) && from.Before(p.To) })
}
