// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"
)

// Key names a target.
type Key struct{ Namespace, Deployment string }

// Target is one target as the last pass saw it. Weights are shares of 1.
type Target struct {
	Phase, Reason string
	Since         time.Time // of the reason
	Stable        int       // available pods that run what is stable
	Canary        int       // available pods of the canary

	UnderWay  bool      // what follows has a meaning
	Step      int       // the step that the weight belongs to, counted from 1; 0 before the first
	Steps     int       // of the plan
	Wanted    float64   // the share that the step asks for
	Observed  float64   // the share that routes, or the ratio of available pods, give the canary
	HoldUntil time.Time // zero: nothing is held
	Checks    []Check
}

// Check is one check's word on the canary.
type Check struct {
	Name    string
	Outcome string
	// Ratio is how far the check is from failing: 1 fails. It is the share of
	// the evidence that a comparison needs, or of the bad readings in a row.
	Ratio float64
	// State says which data are missing now; empty: none.
	State string
	// Value is the evidence of a comparison, or the newest reading of a
	// threshold; nil: there is none yet.
	Value *float64
	// Limits are what the value is to stay at or within.
	Limits []Limit
}

// Limit is one end of what a value may be: a max, or a min.
type Limit struct {
	Bound string
	At    float64
}

// Ending is how and when a rollout ended.
type Ending struct {
	Outcome string
	At      time.Time
}

// mostChecks is how many checks of one target have series, mostMoves how many
// reasons of its moves.
const (
	mostChecks = 20
	mostMoves  = 20
)

// RestSeries and MostSeries are how many series one target has at most, at rest
// and while a rollout is under way.
const (
	RestSeries = 5
	MostSeries = RestSeries + 5 + 6*mostChecks + mostMoves
)

// Board keeps the targets.
type Board struct {
	Clock clock.PassiveClock // of what is computed at the scrape

	mu      sync.Mutex
	targets map[Key]Target
	history map[Key]*history
}

// history is what a target's metrics tell that the last pass does not see.
type history struct {
	moves  []move // of the rollout under way, one for each reason, newest last
	ending *Ending
}

type move struct {
	reason string
	at     time.Time
}

// Show sets what stands of one target.
func (b *Board) Show(key Key, t Target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.targets == nil {
		b.targets = map[Key]Target{}
	}
	t.Checks = t.Checks[:min(len(t.Checks), mostChecks)]
	countStates(b.targets[key].Checks, t.Checks)
	b.targets[key] = t
	if !t.UnderWay {
		b.of(key).moves = nil
	}
}

// Moved notes a move, which may come before the target is shown.
func (b *Board) Moved(key Key, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.of(key)
	h.moves = slices.DeleteFunc(h.moves, func(m move) bool { return m.reason == reason })
	h.moves = append(h.moves, move{reason, b.Clock.Now()})
	h.moves = h.moves[max(0, len(h.moves)-mostMoves):]
}

// Ended notes how a rollout ended.
func (b *Board) Ended(key Key, e Ending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(key).ending = &e
}

func (b *Board) of(key Key) *history {
	if b.history == nil {
		b.history = map[Key]*history{}
	}
	if b.history[key] == nil {
		b.history[key] = &history{}
	}
	return b.history[key]
}

// countStates counts the checks whose data came to be in another state.
func countStates(before, after []Check) {
	for _, c := range after {
		same := func(old Check) bool { return old.Name == c.Name && old.State == c.State }
		if !slices.ContainsFunc(before, same) {
			checkStates.WithLabelValues(c.stateWord()).Inc()
		}
	}
}

func (c Check) stateWord() string {
	if c.State == "" {
		return "Usable"
	}
	return c.State
}

// Forget takes one target down.
func (b *Board) Forget(key Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.targets, key)
	delete(b.history, key)
}

// Describe implements prometheus.Collector.
func (b *Board) Describe(out chan<- *prometheus.Desc) {
	for _, m := range states {
		out <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (b *Board) Collect(out chan<- prometheus.Metric) {
	now := b.Clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, t := range b.targets {
		tell := func(s state, value float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, value, append([]string{key.Namespace, key.Deployment}, labels...)...)
		}
		t.collect(now, tell)
		if h := b.history[key]; h != nil {
			h.collect(tell)
		}
	}
}

// teller gives one series of a target its value.
type teller func(s state, value float64, labels ...string)

func (h *history) collect(tell teller) {
	for _, m := range h.moves {
		tell(moveTime, seconds(m.at), m.reason)
	}
	if h.ending != nil {
		tell(endTime, seconds(h.ending.At), h.ending.Outcome)
	}
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

func (t Target) collect(now time.Time, tell teller) {
	tell(phase, 1, t.Phase)
	tell(reasonSeconds, max(0, now.Sub(t.Since).Seconds()), t.Reason)
	tell(availablePods, float64(t.Stable), "stable")
	tell(availablePods, float64(t.Canary), "canary")
	if !t.UnderWay {
		return
	}
	tell(step, float64(t.Step))
	tell(steps, float64(t.Steps))
	tell(weightWanted, t.Wanted)
	tell(weightObserved, t.Observed)
	tell(holdRemaining, max(0, t.HoldUntil.Sub(now).Seconds()))
	for _, c := range t.Checks {
		c.collect(tell)
	}
}

func (c Check) collect(tell teller) {
	tell(checkOutcome, 1, c.Name, c.Outcome)
	tell(checkRatio, c.Ratio, c.Name)
	tell(checkState, 1, c.Name, c.stateWord())
	if c.Value == nil {
		return
	}
	tell(checkValue, *c.Value, c.Name)
	for _, l := range c.Limits {
		tell(checkLimit, l.At, c.Name, l.Bound)
	}
}
