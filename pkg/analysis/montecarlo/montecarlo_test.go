// SPDX-License-Identifier: Apache-2.0

package montecarlo_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/serin-dev/serin/pkg/analysis"
)

const (
	healthyRollouts = 10_000
	rivalsRollouts  = 2_000 // of the same streams, for rules that are wrong by far more than the noise
	faultyRollouts  = 400
)

var rates = []float64{1, 5, 20, 100, 1000}

// healthy are the worlds in which the canary is as good as stable.
var healthy = []struct {
	name    string
	change  func(*world)
	allowed float64 // part of them that may be rolled back
}{
	{"steady", func(*world) {}, alpha},
	{"shared incidents", func(w *world) { w.incident = true }, alpha},
	{"traffic of a day", func(w *world) { w.diurnal = true }, alpha},
	{"counter resets", func(w *world) { w.resets = true }, alpha},
	{"half are slow (latency, p50)", func(w *world) { w.base = 0.5 }, alpha},
	{"bursts, pods known", func(w *world) { w.bursts, w.pods = true, 5 }, 3 * alpha},
	{"bursts, pods not known", func(w *world) { w.bursts = true }, 3 * alpha},
	{"incidents, read 3 s apart", func(w *world) { w.incident, w.skew = true, 3 }, 3 * alpha},
}

// faults are what a bad canary's rate of failures is, as a multiple of stable's.
var faults = []float64{2, 3, 10, math.Inf(1)}

// parallel calls f for each of n, on all processors. What f draws must depend on i only.
func parallel(n int, f func(i int)) {
	var wait sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := worker; i < n; i += runtime.GOMAXPROCS(0) {
				f(i)
			}
		})
	}
	wait.Wait()
}

// rolledBack is the part of n rollouts of a world that Serin rolls back, and of
// the first m of them each rival.
func rolledBack(w world, seed uint64, n, m int) (ours float64, theirs []float64) {
	rules := append([]rule{atTheEnd(1)}, rivals()...)
	hits := make([][]bool, n)
	parallel(n, func(i int) {
		row := w.stream(rand.New(rand.NewPCG(seed, uint64(i))))
		for r, rule := range rules {
			hits[i] = append(hits[i], (r == 0 || i < m) && rule.judge(row) > 0)
		}
	})
	counts := make([]float64, len(rules))
	for _, hit := range hits {
		for r, yes := range hit {
			if yes {
				counts[r]++
			}
		}
	}
	for _, count := range counts[1:] {
		theirs = append(theirs, count/float64(m))
	}
	return counts[0] / float64(n), theirs
}

// atTheEnd only asks whether; when is dearer.
func atTheEnd(margin float64) rule {
	return rule{"Serin", func(row []analysis.Interval) int {
		if fails(margin, row) {
			return len(row)
		}
		return 0
	}}
}

// found is what it took a rule to find a bad canary.
type found struct {
	part   float64 // of the rollouts in which it was found
	median float64 // seconds, over all rollouts; infinite where fewer than half were
	failed float64 // requests to the canary that failed until then, in the mean
}

// detection is what it takes each rule on the same n rollouts.
func detection(w world, seed uint64, n int, rules []rule) []found {
	seconds, failed := make([][]float64, len(rules)), make([][]float64, len(rules))
	for r := range rules {
		seconds[r], failed[r] = make([]float64, n), make([]float64, n)
	}
	parallel(n, func(i int) {
		row := w.stream(rand.New(rand.NewPCG(seed, uint64(i))))
		for r, rule := range rules {
			end := rule.judge(row)
			seconds[r][i] = float64(end) * tick.Seconds()
			if end == 0 {
				seconds[r][i], end = math.Inf(1), len(row)
			}
			canary, _ := sum(row[:end])
			failed[r][i] = canary.Bad
		}
	})
	out := make([]found, len(rules))
	for r := range rules {
		out[r] = summed(seconds[r], failed[r])
	}
	return out
}

func summed(seconds, failed []float64) found {
	var hits, all float64
	for i := range seconds {
		if !math.IsInf(seconds[i], 1) {
			hits++
		}
		all += failed[i]
	}
	slices.Sort(seconds)
	n := float64(len(seconds))
	return found{part: hits / n, median: seconds[len(seconds)/2], failed: all / n}
}

// results are all that was measured.
type results struct {
	healthy [][]float64   // by world and rate: Serin's rollbacks
	rivals  [][][]float64 // by world, rate and rival
	faulty  [][][]found   // by fault, rate and rule, Serin first
}

// forRivals: their rules here are about failures, not about slowness.
func forRivals(kind int) bool { return healthyWorld(kind, 1).base == baseRate }

func healthyWorld(kind int, rate float64) world {
	w := world{rate: rate, base: baseRate, factor: 1, weights: steps, hold: 12}
	healthy[kind].change(&w)
	return w
}

func faultyWorld(fault, rate float64) world {
	return world{rate: rate, base: baseRate, factor: fault, weights: []float64{0.1}, hold: 120}
}

// finders are the rules of the table of detection.
func finders() []rule { return append([]rule{serin(1.5), serin(1)}, rivals()...) }

func measure() results {
	var r results
	for kind := range healthy {
		var ours []float64
		var theirs [][]float64
		for n, rate := range rates {
			one, rest := rolledBack(healthyWorld(kind, rate), uint64(100*kind+n), healthyRollouts/slowdown, rivalsRollouts/slowdown)
			ours, theirs = append(ours, one), append(theirs, rest)
		}
		r.healthy, r.rivals = append(r.healthy, ours), append(r.rivals, theirs)
	}
	for kind, fault := range faults {
		var byRate [][]found
		for n, rate := range rates {
			byRate = append(byRate, detection(faultyWorld(fault, rate), uint64(10_000+100*kind+n), faultyRollouts/slowdown, finders()))
		}
		r.faulty = append(r.faulty, byRate)
	}
	return r
}

// An interval in which the weight changes cannot be cut where the change is, but at scrapes only. If an incident begins
// there as well, the versions do not share it as they share the interval. Three intervals have to agree, so that this alone
// takes nobody back.
func TestIntervalsInWhichTheWeightChanges(t *testing.T) {
	const rollouts = 4_000 / slowdown
	for n, rate := range []float64{20, 100, 1000} {
		w := world{rate: rate, base: baseRate, factor: 1, weights: steps, hold: 12, incident: true, between: true}
		got, _ := rolledBack(w, uint64(30_000+n), rollouts, 0)
		t.Logf("at %v/s: %.2f %% were rolled back", rate, 100*got)
		if got > alpha+3*math.Sqrt(alpha*(1-alpha)/rollouts) {
			t.Errorf("at %v/s: %.2f %% of %v were rolled back", rate, 100*got, rollouts)
		}
	}
}

func TestRates(t *testing.T) {
	r := measure()
	t.Run("a canary as good as stable is rolled back no more often than alpha", func(t *testing.T) {
		n := float64(healthyRollouts / slowdown)
		for kind, row := range r.healthy {
			allowed := healthy[kind].allowed
			for i, got := range row {
				// Three standard deviations of a count that is exactly as large as allowed.
				if got > allowed+3*math.Sqrt(allowed*(1-allowed)/n) {
					t.Errorf("%s at %v/s: %.2f %% of %v were rolled back", healthy[kind].name, rates[i], 100*got, n)
				}
			}
		}
	})
	t.Run("a canary that fails ten times as often is found", func(t *testing.T) {
		for n, within := range map[int]float64{2: 240, 3: 60, 4: 40} {
			if got := r.faulty[2][n][0]; got.median > within {
				t.Errorf("at %v/s: %+v", rates[n], got)
			}
		}
	})
	t.Run("a canary that always fails is found in one interval", func(t *testing.T) {
		for n := 2; n < len(rates); n++ {
			if got := r.faulty[3][n][0]; got.part < 1 || got.median != tick.Seconds() {
				t.Errorf("at %v/s: %+v", rates[n], got)
			}
		}
	})
	t.Run("the page is current", func(t *testing.T) { isCurrent(t, r) })
}
