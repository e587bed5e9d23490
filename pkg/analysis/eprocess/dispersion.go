// SPDX-License-Identifier: Apache-2.0

package eprocess

// Dispersion estimates how many times larger the variance of bad counts is
// than if requests failed independently: φ, at least 1. It learns from stable
// only. Whoever uses the Factor for an interval must not have shown it that
// interval yet: then it is fixed before the bets are made, which is all that
// their validity needs. How good the estimate is decides how well bursts are
// answered, not whether the test holds for independent requests.
//
// The zero value knows nothing, and its Factor is 1.
type Dispersion struct {
	sum, weight  float64 // of Pearson's statistic per degree of freedom over pods, weighted by bad events
	jumps, pairs float64 // the same between neighbouring intervals, unweighted
	before       Count
	hasBefore    bool
	byPods       bool
}

// Count is a version's or a pod's bad requests and all of them in an interval.
type Count struct {
	Bad, Total float64
}

// largestJump limits what one pair of intervals counts for. Between intervals
// a shared incident looks like dispersion, and must not blind the test for hours.
const largestJump = 100

// AddPods learns from how an interval's bad events fell on stable's pods.
// Intervals with more bad events weigh more, so that for failures in lumps the
// factor is the mean size of the lump that a failure belongs to.
func (d *Dispersion) AddPods(pods []Count) {
	var all Count
	busy := 0.0
	for _, pod := range pods {
		if pod.Total >= 1 {
			busy++
			all.Bad += pod.Bad
			all.Total += pod.Total
		}
	}
	if busy < 2 || all.Bad < 1 || all.Bad >= all.Total {
		return
	}
	rate := all.Bad / all.Total
	statistic := 0.0
	for _, pod := range pods {
		if pod.Total >= 1 {
			off := pod.Bad - pod.Total*rate
			statistic += off * off / (pod.Total * rate * (1 - rate))
		}
	}
	d.sum += all.Bad * statistic / (busy - 1)
	d.weight += all.Bad
	d.byPods = true
}

// AddInterval learns from how stable's rate differs from the interval before:
// neighbours, because traffic and rates drift over a day.
func (d *Dispersion) AddInterval(now Count) {
	before := d.before
	had := d.hasBefore
	d.before, d.hasBefore = now, true
	bad, total := before.Bad+now.Bad, before.Total+now.Total
	if !had || before.Total < 1 || now.Total < 1 || bad < 2 || bad >= total {
		return
	}
	rate := bad / total
	off := before.Bad/before.Total - now.Bad/now.Total
	d.jumps += min(largestJump, off*off/(rate*(1-rate)*(1/before.Total+1/now.Total)))
	d.pairs++
}

// ByPods tells whether the factor comes from stable's pods, rather than from
// its intervals.
func (d *Dispersion) ByPods() bool { return d.byPods }

// Factor is φ by what was learnt so far. Pods are preferred where there are
// any: a shared incident does not move bad events between them.
func (d *Dispersion) Factor() float64 {
	switch {
	case d.byPods:
		return max(1, d.sum/d.weight)
	case d.pairs > 0:
		return max(1, d.jumps/d.pairs)
	default:
		return 1
	}
}
