// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"math"
	"time"

	"github.com/serin-dev/serin/pkg/analysis/eprocess"
)

const (
	// A count above this in one interval is taken for a mistake of the source.
	largestCount = 1e9
	// recentTraffic is within how many intervals the canary must have had
	// requests for its record to say something about now.
	recentTraffic = 6
)

// comparison is a check of errors or latency at work.
type comparison struct {
	policy Policy
	check  Check
	alpha  float64

	worse, notWorse *eprocess.Process // the second where a proof is required
	below           *eprocess.Below   // where there is a tolerance, too
	guard           *eprocess.Guard
	dispersion      eprocess.Dispersion
	whole           [4]whole
	pods            []eprocess.Count // reused from interval to interval

	found    Comparison
	peak     float64 // the highest logarithm of the evidence
	compared bool    // both versions had requests in one interval
	alone    bool    // the newest interval looks broken, with no stable to compare with
	silent   bool    // stable had no requests in the newest usable interval
	excluded exclusions
	end      time.Time // of the newest interval
	taken    time.Time // end of the newest usable interval: what came until then has counted
	traffic  time.Time // end of the newest usable interval with requests to the canary
	span     time.Duration
	state    State // of the newest interval
	why      string
}

func judgeComparison(policy Policy, check Check, alpha float64, samples Samples, now time.Time) CheckVerdict {
	margin := check.Margin
	if !(margin >= 1) || math.IsInf(margin, 1) {
		margin = 1
	}
	margin = min(margin, 1e6)
	c := comparison{policy: policy, check: check, alpha: alpha, state: NotMeasured, why: "nothing has been measured yet",
		worse: eprocess.Worse(margin, alpha), guard: eprocess.NewGuard(margin, alpha),
		found: Comparison{Margin: margin, Needed: 1 / alpha, Dispersion: 1}}
	if policy.Required {
		c.notWorse = eprocess.NotWorse(margin, alpha)
		if check.Tolerance > 0 && check.Tolerance < 1 {
			c.below = eprocess.NewBelow(check.Tolerance, alpha)
		}
	}
	for i := range samples.Intervals {
		c.add(&samples.Intervals[i], i > 0)
	}
	c.look(len(samples.Intervals), now)
	v := CheckVerdict{Name: check.Name, Kind: check.Kind, ReportOnly: check.ReportOnly, Query: samples.Query, Excluded: c.excluded, State: c.state}
	if c.found.Intervals > 0 {
		c.found.EValue, c.found.Dispersion = evidence(c.peak), c.dispersion.Factor()
		c.found.Proof = c.proof()
		v.Comparison = &c.found
	}
	v.Outcome, v.Evidence = c.judged()
	if v.Outcome == Failed {
		v.State = Usable
	}
	return v
}

// add takes an interval into account. The dispersion that the bets are divided
// by is the one known before the interval; the interval teaches it afterwards.
func (c *comparison) add(interval *Interval, later bool) {
	state, why := c.stateOf(interval)
	if interval.To.After(c.end) || !later {
		c.end = interval.To
	}
	if state != Usable {
		c.excluded.add(state, why, interval.To)
		c.state, c.why = state, why
		if state == WarmingUp || state == NoTraffic {
			c.learn(interval, false)
		}
		return
	}
	split := c.split(interval)
	c.taken = interval.To
	c.found.Intervals++
	c.found.Stable.add(interval.Stable)
	c.found.Canary.add(interval.Canary)
	if interval.Unserved > 0 && interval.Unserved <= largestCount {
		c.found.Unserved += interval.Unserved
	}
	c.state, c.why, c.span = Usable, "", c.span+interval.To.Sub(interval.From)
	c.silent = interval.Stable.Total == 0
	if interval.Canary.Total > 0 {
		c.traffic = interval.To
		c.compared = c.compared || interval.Stable.Total > 0
	}
	c.bet(split)
	c.learn(interval, true)
}

func (c *comparison) bet(split eprocess.Split) {
	factor := c.dispersion.Factor()
	c.worse.Add(split, factor)
	c.peak = max(c.peak, c.worse.LogE())
	if c.notWorse != nil {
		c.notWorse.Add(split, factor)
	}
	if c.below != nil {
		c.below.Add(split, factor)
	}
	if c.guard.Breaks(split, factor) && c.found.Guardrail == "" {
		c.found.Guardrail = fmt.Sprintf("nearly all of the canary's requests were bad in one interval (%s of %s), and hardly any of stable's (%s of %s)",
			number(split.CanaryBad), number(split.CanaryTotal), number(split.StableBad), number(split.StableTotal))
	}
	if split.CanaryTotal > 0 {
		c.alone = eprocess.Alone(split)
	}
}

func (c *comparison) learn(interval *Interval, whole bool) {
	c.pods = c.pods[:0]
	for _, pod := range interval.Pods {
		if isCount(pod) {
			c.pods = append(c.pods, eprocess.Count{Bad: min(pod.Bad, pod.Total), Total: pod.Total})
		}
	}
	c.dispersion.AddPods(c.pods)
	if whole {
		c.dispersion.AddInterval(eprocess.Count{Bad: min(interval.Stable.Bad, interval.Stable.Total), Total: interval.Stable.Total})
	}
}

// split makes whole numbers of increases. Increases of counters can be
// fractions (an extrapolated rate); what counts is the whole part of their sum
// so far, so that no event is bet on before it is complete, and none is lost.
func (c *comparison) split(interval *Interval) eprocess.Split {
	s := eprocess.Split{
		CanaryBad: c.whole[0].next(interval.Canary.Bad), CanaryTotal: c.whole[1].next(interval.Canary.Total),
		StableBad: c.whole[2].next(interval.Stable.Bad), StableTotal: c.whole[3].next(interval.Stable.Total),
	}
	s.CanaryTotal = max(s.CanaryTotal, s.CanaryBad)
	s.StableTotal = max(s.StableTotal, s.StableBad)
	return s
}

// whole is the running sum of a counter's increases, and how much of it was taken.
type whole struct{ sum, taken float64 }

func (w *whole) next(increase float64) float64 {
	w.sum += increase
	n := math.Floor(w.sum+1e-6) - w.taken
	w.taken += n
	return n
}

func (c *comparison) stateOf(interval *Interval) (State, string) {
	switch {
	case interval.State != Usable:
		return interval.State, interval.Why
	case c.found.Intervals > 0 && interval.From.Before(c.taken):
		return Overlapping, "it begins at " + clock(interval.From) + ", before the end of the last one that counted"
	case !isCount(interval.Canary) || !isCount(interval.Stable):
		return NotANumber, "a count is negative, not a number, or too large to be one"
	default:
		return Usable, ""
	}
}

func isCount(c Counts) bool {
	return c.Bad >= 0 && c.Total >= 0 && c.Bad <= largestCount && c.Total <= largestCount
}

func (c *Counts) add(more Counts) {
	c.Bad += more.Bad
	c.Total += more.Total
}

// look says whether what was measured tells about now.
func (c *comparison) look(measured int, now time.Time) {
	switch {
	case measured == 0:
	case isStale(c.end, now, c.policy.Interval):
		c.state, c.why = Stale, "nothing was measured since "+clock(c.end)
	case c.state != Usable && c.state != NoTraffic:
	case c.policy.Interval > 0 && c.end.Sub(c.traffic) > recentTraffic*c.policy.Interval, c.found.Canary.Total == 0:
		c.state, c.why = NoTraffic, "no requests reach the canary"
	case !c.compared:
		c.state, c.why = NoTraffic, "stable and the canary have not had requests in the same interval"
	default: // few requests: intervals without any lie between those with some
		c.state, c.why = Usable, ""
	}
}

// evidence is an e-value that fits into a record: at most 1e9.
func evidence(log float64) float64 { return math.Exp(min(log, math.Log(1e9))) }

func (c *comparison) judged() (Outcome, string) {
	switch {
	case c.found.Guardrail != "":
		return Failed, fmt.Sprintf("%s: %s", c.check.Name, c.found.Guardrail)
	case c.peak >= -math.Log(c.alpha):
		return Failed, c.measured()
	case c.state != Usable:
		return Inconclusive, fmt.Sprintf("%s: %s", c.check.Name, because(c.state, c.why))
	case c.alone:
		return Inconclusive, fmt.Sprintf("%s: nearly all of the canary's requests are bad, and stable has none, so that nobody can tell whether the canary is to blame", c.check.Name)
	case c.found.Proof != nil && !c.found.Proof.Proven:
		return Inconclusive, c.measured() + "; " + c.found.Proof.words(c.found)
	default:
		return Passed, c.measured()
	}
}

// measured is the evidence in a sentence.
func (c *comparison) measured() string {
	f := c.found
	words := fmt.Sprintf("%s: %s to the canary %s, %s to stable; evidence %s of the %s that fail it",
		c.check.Name, counted(f.Canary), bad(c.check), counted(f.Stable), number(f.EValue), number(f.Needed))
	if f.Margin > 1 {
		words += fmt.Sprintf(", %s times stable's odds allowed", value(f.Margin))
	}
	if f.Dispersion >= 1.05 {
		by := "intervals"
		if c.dispersion.ByPods() {
			by = "pods"
		}
		words += fmt.Sprintf(", weakened for bursts (stable's %s differ %s times as much as chance)", by, number(f.Dispersion))
	}
	if f.Unserved >= 1 {
		words += fmt.Sprintf("; %s of these requests found no endpoint, as their clients report, and are split by the weight", number(f.Unserved))
	}
	if c.silent {
		words += "; stable has no requests any more, so that nothing new is compared"
	}
	return words
}
