// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// past is how much of stable's time before the rollout tells how slow it is.
const past = 10 * time.Minute

// rare is how many requests have to lie beyond a quantile for it to be known:
// a thousand requests for a p99.
const rare = 10

// slow counts the requests that are slower than stable's own quantile. It first
// finds the bucket of that quantile, which then stays for the whole rollout.
type slow struct {
	question Question
	preset   presets.Preset
	quantile float64
	tried    time.Duration // after the beginning, when stable was last looked at
	started  bool
	counted  *counted
	found    known
}

func newSlow(q Question, preset presets.Preset, quantile float64) *slow {
	s := &slow{question: q, preset: preset, quantile: quantile}
	s.found.query = s.query(past)
	return s
}

func (s *slow) query(back time.Duration) string {
	return fmt.Sprintf("sum by (le) (increase(%s[%ds]))", s.preset.Buckets(s.question.Subject, tally.Stable, nil), int(back.Seconds()))
}

func (s *slow) known() known {
	if s.counted != nil {
		return s.counted.known()
	}
	return s.found
}

func (s *slow) next() time.Time {
	if s.counted != nil {
		return s.counted.next()
	}
	return s.question.Since.Add(s.look())
}

// look is when to look at stable: at the beginning, and then after one, two,
// four intervals and so on, so that a controller that was restarted looks at
// the same instants, and not at many.
func (s *slow) look() time.Duration {
	switch {
	case !s.started:
		return 0
	case s.tried == 0:
		return s.question.Interval
	default:
		return 2 * s.tried
	}
}

func (s *slow) advance(ctx context.Context, ask asker, now time.Time) error {
	if s.counted != nil {
		return s.counted.advance(ctx, ask, now)
	}
	at := s.question.Since.Add(s.look())
	if at.After(now) {
		return nil
	}
	back := past + s.look()
	series, err := ask.values(ctx, s.query(back), at, at, s.question.Interval)
	if err != nil {
		s.wait(now, analysis.Unreachable, err.Error())
		return err
	}
	s.started, s.tried = true, s.look()
	bound, state, why := pick(series, s.quantile)
	if state != analysis.Usable {
		s.wait(now, state, why)
		return nil
	}
	selector := s.preset.Buckets(s.question.Subject, tally.Neither, presets.Bounds(bound))
	s.counted = newCounted(s.question, s.question.Interval, []presets.Selector{selector}, s.preset.Slow(s.question.Subject, bound))
	return nil
}

func (s *slow) wait(now time.Time, state analysis.State, why string) {
	s.found.pending = &tally.Span{From: s.question.Since, To: now, State: state, Why: why}
}

// pick is the bound of the bucket that the quantile lies in; the highest bound,
// if it lies above.
func pick(series []tally.Series, part float64) (bound float64, state analysis.State, why string) {
	buckets := map[float64]float64{}
	for _, s := range series {
		if le, err := strconv.ParseFloat(s.Labels["le"], 64); err == nil && len(s.Points) > 0 {
			buckets[le] += s.Points[len(s.Points)-1].Value
		}
	}
	bounds := slices.Sorted(maps.Keys(buckets))
	if len(bounds) < 2 || !math.IsInf(bounds[len(bounds)-1], 1) {
		return 0, analysis.NoSeries, "there is no histogram of stable's durations"
	}
	all := buckets[math.Inf(1)]
	if needed := rare / (1 - part); !(all >= needed) {
		return 0, analysis.TooFew, fmt.Sprintf("stable had %.0f requests, and its p%g takes %.0f to be known", all, 100*part, needed)
	}
	bounds = bounds[:len(bounds)-1]
	for _, le := range bounds {
		if buckets[le] >= part*all {
			return le, analysis.Usable, ""
		}
	}
	return bounds[len(bounds)-1], analysis.Usable, ""
}
