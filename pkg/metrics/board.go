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
	State   string   // of its data: Usable, or what is missing
	Value   *float64 // what it counted or read of the canary; nil: nothing yet
	// Ratio is how far the check is from failing: 1 fails. It is the share of
	// the evidence that a comparison needs, or of the bad readings in a row.
	Ratio float64
}

// mostChecks is how many checks of one target have series.
const mostChecks = 20

// MostSeries is how many series the state of one target has at most.
const MostSeries = 9 + 3*mostChecks

// Board keeps the targets.
type Board struct {
	Clock clock.PassiveClock // of what is computed at the scrape

	mu      sync.Mutex
	targets map[Key]Target
}

// Show sets what stands of one target.
func (b *Board) Show(key Key, t Target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.targets == nil {
		b.targets = map[Key]Target{}
	}
	t.Checks = t.Checks[:min(len(t.Checks), mostChecks)]
	count(b.targets[key].Checks, t.Checks)
	b.targets[key] = t
}

// count counts the checks whose data are in another state than before.
func count(before, after []Check) {
	for _, c := range after {
		same := slices.ContainsFunc(before, func(b Check) bool { return b.Name == c.Name && b.State == c.State })
		if !same && c.State != "" {
			checkStates.WithLabelValues(c.State).Inc()
		}
	}
}

// Forget takes one target down.
func (b *Board) Forget(key Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.targets, key)
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
		t.collect(key, now, out)
	}
}

func (t Target) collect(key Key, now time.Time, out chan<- prometheus.Metric) {
	tell := func(s state, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, value, append([]string{key.Namespace, key.Deployment}, labels...)...)
	}
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
		tell(checkOutcome, 1, c.Name, c.Outcome, c.State)
		tell(checkRatio, c.Ratio, c.Name)
		if c.Value != nil {
			tell(checkValue, *c.Value, c.Name)
		}
	}
}
