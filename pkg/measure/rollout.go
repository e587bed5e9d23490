// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// entry is a check, and how it is measured.
type entry struct {
	check analysis.Check
	track *paced
	wrong string // why it cannot be measured
}

// The wait before a question that failed is asked again doubles from the first to the last.
const (
	firstRetry = 3 * time.Second
	lastRetry  = 30 * time.Second
)

// paced asks for a track when it is due, and later where that failed, so that a
// query that can never work does not hold up the others.
type paced struct {
	track
	retry   time.Duration
	retryAt time.Time
}

func (p *paced) due() time.Time {
	if next := p.next(); next.After(p.retryAt) {
		return next
	}
	return p.retryAt
}

func (p *paced) step(ctx context.Context, ask asker, now time.Time) error {
	if p.due().After(now) {
		return nil
	}
	err := p.advance(ctx, ask, now)
	if err == nil {
		p.retry, p.retryAt = 0, time.Time{}
		return nil
	}
	p.retry = min(max(2*p.retry, firstRetry), lastRetry)
	p.retryAt = now.Add(p.retry)
	return err
}

// rollout measures one rollout. It is used by one goroutine only.
type rollout struct {
	question Question
	presets  []presets.Preset

	search  *paced // for a preset
	found   *found
	traffic *paced
	entries []entry
	down    string // why nothing could be asked for in the last round
}

// round reads a part of what there is, of everything that is due, and says when
// there is more. Where the first question fails the others are not asked: they
// would wait as long.
func (r *rollout) round(ctx context.Context, ask asker, now time.Time) (next time.Time) {
	if r.search == nil {
		r.found = &found{question: r.question, presets: r.presets, searched: r.question.Since.Add(-time.Millisecond)}
		r.search = &paced{track: r.found}
	}
	r.down = ""
	first := r.search
	if r.found.preset == nil {
		r.note(first.step(ctx, ask, now))
	}
	if preset := r.found.preset; preset != nil {
		if r.traffic == nil {
			q := r.question
			r.traffic = &paced{track: newCounted(q, q.Interval, preset.Counts(q.Subject), preset.Request(q.Subject))}
		}
		first = r.traffic
		r.note(first.step(ctx, ask, now))
	}
	r.enter()
	if r.down == "" {
		r.sideBySide(ctx, ask, now)
	}
	return r.due(first)
}

// sideBySide reads for the checks. Some share a track.
func (r *rollout) sideBySide(ctx context.Context, ask asker, now time.Time) {
	var all sync.WaitGroup
	begun := map[*paced]bool{r.traffic: true}
	for _, e := range r.entries {
		if e.track == nil || begun[e.track] {
			continue
		}
		begun[e.track] = true
		all.Go(func() { _ = e.track.step(ctx, ask, now) }) // the track itself says what is wrong
	}
	all.Wait()
}

func (r *rollout) due(first *paced) time.Time {
	next := first.due()
	for _, e := range r.entries {
		if e.track == nil || r.down != "" {
			continue
		}
		if due := e.track.due(); due.Before(next) {
			next = due
		}
	}
	return next
}

func (r *rollout) note(err error) {
	if err != nil {
		r.down = err.Error()
	}
}

// enter brings the tracks in line with the checks. A check that stays as it was
// keeps what it has.
func (r *rollout) enter() {
	entries := make([]entry, 0, len(r.question.Checks))
	for _, check := range r.question.Checks {
		if check.Interval <= 0 {
			check.Interval = r.question.Interval
		}
		next := entry{check: check}
		for _, e := range r.entries {
			if reflect.DeepEqual(e.check, check) {
				next = e
			}
		}
		if next.track == nil {
			next.track, next.wrong = r.track(check)
		}
		entries = append(entries, next)
	}
	r.entries = entries
}

// track is how a check is measured, if that is known yet.
func (r *rollout) track(check analysis.Check) (made *paced, wrong string) {
	q, preset := r.question, r.found.preset
	if check.Kind == analysis.Threshold && check.Query != "" {
		query, err := checks.Render(check.Query, names(q.Subject, check))
		if err != nil {
			return nil, "the query " + err.Error()
		}
		return &paced{track: newQueried(q, query, check.Interval)}, ""
	}
	if preset == nil {
		return nil, ""
	}
	switch {
	case check.Kind == analysis.Errors:
		return r.traffic, ""
	case check.Kind == analysis.Latency:
		return &paced{track: newSlow(q, *preset, check.Quantile)}, ""
	case check.Metric == analysis.LatencyQuantile:
		// Of stable it is enough to know that it was scraped.
		selectors := []presets.Selector{preset.Buckets(q.Subject, tally.Canary, nil), preset.Buckets(q.Subject, tally.Stable, []string{"+Inf"})}
		return &paced{track: newCounted(q, check.Interval, selectors, preset.Bucket(q.Subject))}, ""
	default:
		return &paced{track: newCounted(q, check.Interval, preset.Counts(q.Subject), preset.Request(q.Subject))}, ""
	}
}

func names(s presets.Subject, check analysis.Check) checks.Names {
	return checks.Names{
		Namespace: s.Namespace, Target: s.Target, Canary: s.Canary, Service: s.Service,
		StablePods: s.StablePods(), CanaryPods: s.CanaryPods(), Interval: fmt.Sprintf("%dms", check.Interval.Milliseconds()),
	}
}
