// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"reflect"
	"slices"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// picture is what a rollout's goroutine has found so far, for others to read.
type picture struct {
	preset  string
	traffic known
	checks  []finding
	until   time.Time // when it was taken
	failure string    // why the last round could not be asked for
	wrong   string    // why there is no preset
}

type finding struct {
	check analysis.Check
	known known
	wrong string
	made  bool // whether there is a track
}

func (r *rollout) picture(now time.Time) picture {
	p := picture{until: now, wrong: r.found.wrong, failure: r.down}
	if r.found.preset != nil {
		p.preset = r.found.preset.Name
	}
	if r.traffic != nil {
		p.traffic = r.traffic.known()
	}
	for _, e := range r.entries {
		f := finding{check: e.check, wrong: e.wrong, made: e.track != nil}
		if f.made {
			f.known = e.track.known()
		}
		p.checks = append(p.checks, f)
	}
	return p
}

// answer is what the picture says to a question.
func (p picture) answer(q Question) Answer {
	a := Answer{Preset: p.preset, Samples: map[string]analysis.Samples{}, Traffic: p.traffic.intervals(q)}
	for _, f := range p.checks {
		found := f.known
		if !f.made || p.failure != "" {
			found.pending = p.missing(q, f)
		}
		samples := analysis.Samples{Query: found.query}
		if f.check.Kind == analysis.Threshold {
			samples.Readings = found.of(f.check, q, p.traffic.spans)
		} else {
			samples.Intervals = found.intervals(q)
		}
		a.Samples[f.check.Name] = samples
	}
	return a
}

// missing says why nothing is measured for a check since when it last was.
func (p picture) missing(q Question, f finding) *tally.Span {
	span := &tally.Span{From: q.Since, To: p.until, State: analysis.NoSeries, Why: p.wrong}
	if n := len(f.known.spans); n > 0 {
		span.From = f.known.spans[n-1].To
	}
	switch {
	case f.wrong != "":
		span.Why = f.wrong
	case p.failure != "":
		span.State, span.Why = analysis.Unreachable, p.failure
	}
	return span
}

// like reports whether two pictures say the same, but for how long something has been missing.
func (p picture) like(other picture) bool {
	same := p.preset == other.preset && p.failure == other.failure && p.wrong == other.wrong
	return same && p.traffic.like(other.traffic) && slices.EqualFunc(p.checks, other.checks, finding.like)
}

func (f finding) like(other finding) bool {
	return f.check.Name == other.check.Name && f.wrong == other.wrong && f.made == other.made && f.known.like(other.known)
}

func (k known) like(other known) bool {
	same := k.query == other.query && len(k.spans) == len(other.spans) && len(k.readings) == len(other.readings) && (k.pending == nil) == (other.pending == nil)
	return same && (k.pending == nil || k.pending.State == other.pending.State && k.pending.Why == other.pending.Why)
}

func sameChecks(a, b []analysis.Check) bool { return reflect.DeepEqual(a, b) }
