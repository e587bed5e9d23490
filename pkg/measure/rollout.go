// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// entry is a check, and how it is measured.
type entry struct {
	check analysis.Check
	track track
	wrong string // why it cannot be measured
}

// rollout measures one rollout. It is used by one goroutine only.
type rollout struct {
	question Question
	presets  []presets.Preset

	searched time.Time // up to when no preset was found
	preset   *presets.Preset
	traffic  *counted
	entries  []entry
	wrong    string // why there is no preset
}

// round reads a part of what there is, of everything that is due, and says when
// there is more.
func (r *rollout) round(ctx context.Context, ask Asker, now time.Time) (next time.Time, err error) {
	if r.preset == nil {
		err = r.search(ctx, ask, now)
	}
	if r.preset != nil && r.traffic == nil {
		q := r.question
		r.traffic = newCounted(q, q.Interval, r.preset.Counts(q.Subject), r.preset.Request(q.Subject))
	}
	r.enter()
	next = r.searched.Add(r.question.Interval)
	if r.traffic != nil {
		next, err = step(ctx, ask, r.traffic, now)
	}
	for _, e := range r.entries {
		if e.track == nil || e.track == track(r.traffic) {
			continue
		}
		due, failed := step(ctx, ask, e.track, now)
		if due.Before(next) {
			next = due
		}
		if err == nil {
			err = failed
		}
	}
	return next, err
}

// step takes a track forward if something is due.
func step(ctx context.Context, ask Asker, t track, now time.Time) (time.Time, error) {
	var err error
	if !t.next().After(now) {
		err = t.advance(ctx, ask, now)
	}
	return t.next(), err
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
func (r *rollout) track(check analysis.Check) (made track, wrong string) {
	q := r.question
	if check.Kind == analysis.Threshold && check.Query != "" {
		query, err := checks.Render(check.Query, names(q.Subject, check))
		if err != nil {
			return nil, "the query " + err.Error()
		}
		return newQueried(q, query, check.Interval), ""
	}
	if r.preset == nil {
		return nil, r.wrong
	}
	switch {
	case check.Kind == analysis.Errors:
		return r.traffic, ""
	case check.Kind == analysis.Latency:
		return newSlow(q, *r.preset, check.Quantile), ""
	case check.Metric == analysis.LatencyQuantile:
		return newCounted(q, check.Interval, []string{r.preset.Buckets(q.Subject, tally.Neither, nil)}, r.preset.Bucket(q.Subject)), ""
	default:
		return newCounted(q, check.Interval, r.preset.Counts(q.Subject), r.preset.Request(q.Subject)), ""
	}
}

func names(s presets.Subject, check analysis.Check) checks.Names {
	return checks.Names{
		Namespace: s.Namespace, Target: s.Target, Canary: s.Canary, Service: s.Service,
		StablePods: s.StablePods(), CanaryPods: s.CanaryPods(), Interval: fmt.Sprintf("%dms", check.Interval.Milliseconds()),
	}
}

// search finds the first instant of the grid at which there are metrics of some
// preset, and takes the first preset that has some then.
func (r *rollout) search(ctx context.Context, ask Asker, now time.Time) error {
	q := r.question
	if r.searched.IsZero() {
		r.searched = q.Since.Add(-q.Interval)
	}
	first, until := r.searched.Add(q.Interval), grid(q.Since, q.Interval, now)
	if until.Before(first) {
		return nil
	}
	if most := r.searched.Add(steps * q.Interval); most.Before(until) {
		until = most
	}
	var found *presets.Preset
	earliest := until.Add(q.Interval)
	r.wrong = "there are no metrics of either version yet: no request was made, or nothing is scraped"
	for i := range r.presets {
		preset := &r.presets[i]
		if err := preset.Usable(q.Subject); err != nil {
			continue
		}
		series, err := ask.Range(ctx, "group("+preset.Exists(q.Subject)+")", first, until, q.Interval)
		if err != nil {
			r.wrong = ""
			return err
		}
		if len(series) > 0 && len(series[0].Points) > 0 {
			if at := time.UnixMilli(series[0].Points[0].At); at.Before(earliest) {
				found, earliest = preset, at
			}
		}
	}
	r.preset, r.searched = found, until
	return nil
}
