// SPDX-License-Identifier: Apache-2.0

package tally

import (
	"math"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// await is how long a better reporter of the same requests is waited for: it
// may be scraped later than the first, at most by a usual scrape interval.
const await = time.Minute

// Span is what was counted between two instants.
type Span struct {
	From, To time.Time
	State    analysis.State // CounterReset, NotANumber, NoSeries or Usable
	Why      string

	Stable, Canary, Unknown analysis.Counts
	Pods                    []analysis.Counts   // stable's, by the names of the pods
	Buckets                 map[float64]float64 // the canary's, by upper bound, each with those below
}

// Tally counts. Interval and Read are to be set; the zero rest is right.
type Tally struct {
	Since    time.Time // nothing before is counted
	Interval time.Duration
	Read     func(labels map[string]string) Meaning

	taken     int64 // everything up to here is in
	closed    int64 // end of the last span
	lines     map[string]*line
	processes map[string]int64 // when each was first scraped
	groups    map[string]*group
	newest    [arms]int64
	open      Span
	pods      map[string]analysis.Counts
	resets    int
	odd       int
}

// group is the reporters of some requests.
type group struct {
	first  int64
	best   int
	chosen bool
}

func (t *Tally) start() {
	if t.lines != nil {
		return
	}
	t.lines, t.processes, t.groups = map[string]*line{}, map[string]int64{}, map[string]*group{}
	t.taken, t.closed = t.Since.UnixMilli(), t.Since.UnixMilli()
	t.reopen(t.closed)
}

func (t *Tally) reopen(from int64) {
	t.open = Span{From: time.UnixMilli(from), Buckets: map[float64]float64{}}
	t.pods, t.resets, t.odd = map[string]analysis.Counts{}, 0, 0
}

// Taken is up to when samples were taken; zero at first.
func (t *Tally) Taken() time.Time {
	if t.lines == nil {
		return time.Time{}
	}
	return time.UnixMilli(t.taken)
}

// Lines is how many series are known.
func (t *Tally) Lines() int { return len(t.lines) }

// Take takes every sample up to an instant of the grid, and returns the spans
// that end by then; the first one begins with Since. Samples that were taken before
// are passed over.
func (t *Tally) Take(all []Series, through time.Time) []Span {
	t.start()
	began, rows := t.taken, make([]*row, 0, len(all))
	for _, series := range all {
		if r := t.row(series, began); r != nil {
			rows = append(rows, r)
		}
	}
	var spans []Span
	for at := began; ; at = min(floor(at, t.Interval.Milliseconds())+t.Interval.Milliseconds(), through.UnixMilli()) {
		for _, r := range rows {
			t.feed(r, at)
		}
		t.settle(at)
		if at > t.Since.UnixMilli() && t.complete() {
			spans = append(spans, t.close(at))
		}
		if at >= through.UnixMilli() {
			break
		}
	}
	t.taken = max(began, through.UnixMilli())
	return spans
}

// row is the samples of a series that are still to be fed.
type row struct {
	line   *line
	name   string // of its process
	points []Point
}

func (t *Tally) row(series Series, after int64) *row {
	name := identity(series.Labels)
	points := series.Points
	known, found := t.lines[name]
	for found && len(points) > 0 && points[0].At <= after {
		points = points[1:]
	}
	if len(points) == 0 {
		return nil
	}
	if !found {
		known = &line{Meaning: t.Read(series.Labels)}
		t.lines[name] = known
	}
	if known.Arm == Neither {
		return nil
	}
	of := process(series.Labels)
	if first, seen := t.processes[of]; !seen || points[0].At < first {
		t.processes[of] = points[0].At
	}
	return &row{line: known, name: of, points: points}
}

// feed takes a series' samples up to an instant.
func (t *Tally) feed(r *row, through int64) {
	for len(r.points) > 0 && r.points[0].At <= through {
		t.add(r.line, r.points[0], r.name)
		r.points = r.points[1:]
	}
}

func (t *Tally) add(l *line, p Point, of string) {
	if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
		l.odd++
		return
	}
	if !t.meet(l, p.At) {
		t.newest[l.Arm] = max(t.newest[l.Arm], p.At)
	}
	increase := t.increase(l, p, of)
	l.seen, l.last = true, p.Value
	l.gained += increase
	if l.Pod != "" {
		t.pods[l.Pod] = plus(t.pods[l.Pod], l.Meaning, increase)
	}
}

// increase is what a sample adds to what is known of its series.
func (t *Tally) increase(l *line, p Point, of string) float64 {
	switch {
	case p.At <= t.Since.UnixMilli():
		return 0
	case l.seen && p.Value >= l.last:
		return p.Value - l.last
	case l.seen: // it began again, and what it has now is the least that was added
		l.resets++
		return p.Value
	case !l.Own && t.processes[of] >= p.At: // as old as the process is known to be
		return 0
	default: // born since
		return p.Value
	}
}

// meet notes a reporter, and tells whether another one was chosen.
func (t *Tally) meet(l *line, at int64) (ignored bool) {
	if l.Group == "" {
		return false
	}
	g, found := t.groups[l.Group]
	switch {
	case !found:
		t.groups[l.Group] = &group{first: at, best: l.Rank}
	case g.chosen:
		return g.best != l.Rank
	default:
		g.first, g.best = min(g.first, at), min(g.best, l.Rank)
	}
	return false
}

// settle moves what the series gained into the open span, except that of
// reporters which are not chosen yet.
func (t *Tally) settle(at int64) {
	for _, g := range t.groups {
		g.chosen = g.chosen || g.best == 0 || at-g.first >= await.Milliseconds()
	}
	for _, l := range t.lines {
		if l.idle() {
			continue
		}
		switch g := t.groups[l.Group]; {
		case g != nil && !g.chosen:
			continue
		case g == nil || g.best == l.Rank: // its only reporter, or the one that was chosen
			t.move(l)
		}
		l.gained, l.resets, l.odd = 0, 0, 0
	}
}

func (l *line) idle() bool { return l.gained == 0 && l.resets == 0 && l.odd == 0 }

func (t *Tally) move(l *line) {
	t.resets += l.resets
	t.odd += l.odd
	switch l.Arm {
	case Stable:
		t.open.Stable = plus(t.open.Stable, l.Meaning, l.gained)
	case Canary:
		t.open.Canary = plus(t.open.Canary, l.Meaning, l.gained)
		if l.Le > 0 {
			t.open.Buckets[l.Le] += l.gained
		}
	default:
		t.open.Unknown = plus(t.open.Unknown, l.Meaning, l.gained)
	}
}

func plus(c analysis.Counts, m Meaning, n float64) analysis.Counts {
	return analysis.Counts{Bad: c.Bad + n*m.Bad, Total: c.Total + n*m.Total}
}
