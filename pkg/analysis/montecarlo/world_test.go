// SPDX-License-Identifier: Apache-2.0

// Package montecarlo_test measures what the analysis does, over many simulated
// rollouts: how often it rolls back a canary that is as good as stable, and how
// long and how many failed requests it takes to find one that is not; and what
// other tools' rules do on the same streams. It keeps docs/analysis.md.
package montecarlo_test

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

const (
	tick     = 10 * time.Second
	baseRate = 0.003 // of failures, where nothing else is said
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(n int) time.Time { return start.Add(time.Duration(n) * tick) }

// world is how requests come and fail.
type world struct {
	rate   float64 // requests a second
	base   float64 // part of stable's that fail
	factor float64 // the canary's, as a multiple; more than 1/base means all

	weights []float64 // of the canary, each held for a random time around hold intervals
	hold    int

	incident bool    // a dependency fails for a while, for both alike: 80 %, later 20 %, of requests
	skew     float64 // seconds by which the canary's counters are read after stable's
	diurnal  bool    // traffic goes between a fifth and nine fifths, and the failures with it
	resets   bool    // in one interval of twenty a counter was reset, and counts are nonsense
	bursts   bool    // failures come in lumps, each on one pod
	pods     int     // of stable, that the source tells apart
	between  bool    // weights change in the middle of intervals
}

// steps are the default plan.
var steps = []float64{0.05, 0.10, 0.25, 0.50, 1}

// stream is one rollout of the world, as it was measured.
func (w world) stream(rnd *rand.Rand) []analysis.Interval {
	s := simulation{world: w, rnd: rnd, phase: rnd.Float64() * 2 * math.Pi}
	for _, weight := range w.weights {
		hold := w.hold
		if len(w.weights) > 1 {
			hold = hold/2 + rnd.IntN(hold+1)
		}
		for range hold {
			s.plan = append(s.plan, weight)
		}
	}
	if w.incident {
		s.incidents[0].set(rnd.IntN(len(s.plan)), 2+rnd.IntN(8), 0.8, rnd)
		s.incidents[1].set(rnd.IntN(len(s.plan)), 5+rnd.IntN(20), 0.2, rnd)
	}
	s.row = make([]analysis.Interval, 0, len(s.plan))
	for i, weight := range s.plan {
		s.row = append(s.row, s.interval(i, weight))
	}
	return s.row
}

type simulation struct {
	world
	rnd       *rand.Rand
	phase     float64
	plan      []float64
	incidents [2]incident
	row       []analysis.Interval
}

// incident begins and ends somewhere within an interval; times are in intervals.
type incident struct{ from, to, rate float64 }

func (x *incident) set(from, length int, rate float64, rnd *rand.Rand) {
	x.from = float64(from) + rnd.Float64()
	x.to, x.rate = x.from+float64(length)+rnd.Float64(), rate
}

// failing is the part of requests between two times that an incident fails.
func (s *simulation) failing(from, to float64) float64 {
	part := 0.0
	for _, x := range s.incidents {
		part += x.rate * max(0, min(to, x.to)-max(from, x.from)) / (to - from)
	}
	return part
}

func (s *simulation) interval(i int, weight float64) analysis.Interval {
	requests, base := s.rate*tick.Seconds(), s.base
	if s.diurnal {
		swing := 1 + 0.8*math.Sin(2*math.Pi*float64(i)/180+s.phase)
		requests, base = requests*swing, base*swing
	}
	out := analysis.Interval{From: at(i), To: at(i + 1)}
	if from := float64(i); s.between && i > 0 && s.plan[i-1] != weight {
		part := s.rnd.Float64()
		s.count(&out, from, part, requests*s.plan[i-1], requests*(1-s.plan[i-1]), base)
		s.count(&out, from+part, 1-part, requests*weight, requests*(1-weight), base)
	} else {
		s.count(&out, from, 1, requests*weight, requests*(1-weight), base)
	}
	if s.resets && s.rnd.IntN(20) == 0 {
		out.State, out.Canary = analysis.CounterReset, analysis.Counts{Bad: out.Canary.Total, Total: out.Canary.Total}
	}
	return out
}

// count adds what came in a part of an interval; canary and stable are the requests of a whole one.
func (s *simulation) count(out *analysis.Interval, from, length, canary, stable, base float64) {
	lag, pods := s.skew/tick.Seconds(), max(1, s.pods)
	add := func(to *analysis.Counts, more analysis.Counts) {
		to.Bad += more.Bad
		to.Total += more.Total
	}
	add(&out.Canary, s.counts(canary*length, min(1, base*s.factor), s.failing(from+lag, from+lag+length)))
	for range pods {
		pod := s.counts(stable*length/float64(pods), base, s.failing(from, from+length))
		add(&out.Stable, pod)
		if s.pods > 0 {
			out.Pods = append(out.Pods, pod)
		}
	}
}

func (s *simulation) counts(expected, bad, failing float64) analysis.Counts {
	if expected <= 0 {
		return analysis.Counts{}
	}
	c := analysis.Counts{Total: poisson(s.rnd, expected)}
	if s.bursts {
		c.Bad = min(c.Total, lumps(s.rnd, expected*bad))
		return c
	}
	c.Bad = binomial(s.rnd, c.Total, 1-(1-bad)*(1-failing))
	return c
}
