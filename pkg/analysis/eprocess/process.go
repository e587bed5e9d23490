// SPDX-License-Identifier: Apache-2.0

package eprocess

import "math"

// The alternatives, as multiples of the margin: a step of the grid is 1.57, so
// that no true ratio is far from one of them. Less than 1.2 times the margin is
// not worth a rollback, and more than 1000 times looks the same as 1000 times.
const (
	points  = 16
	nearest = 1.2
	farest  = 1000
)

// Reserve is the part of α that a Process does not use. It is spent on the
// guardrail of whoever owns the Process (see Guard), so that both together
// stay below α.
const Reserve = 0.01

// largestPart of the way to 1/α is what one interval can bring, so that three
// have to agree. Real failures come in lumps, and two versions' counters are
// not read in the same instant: the beginning of a shared incident may be seen
// of one version only. What goes beyond is thrown away, which can only make a
// bet worse. Two thirds instead of this brought ten to twenty times as many false
// rollbacks by incidents that were read 3 s apart, and found a tenfold rate
// at 100 requests/s one interval of ten seconds earlier; see docs/analysis.md.
const largestPart = 0.45

// patience is in intervals: how late a canary may turn bad and still be found
// as if it had been bad from the start, roughly.
const patience = 50

// Process is the wealth of bets against one hypothesis. Its zero value is not usable.
type Process struct {
	null    float64
	odds    [points]float64
	logOdds [points]float64 // the logarithms of odds over null
	wealth  [points]float64 // logarithms; what each alternative has made of its stakes
	log     float64         // of all wealth
	most    float64         // log of the most that one interval multiplies the evidence by
	cash    float64         // not staked yet, of 1
	start   float64         // the part of the stake that the first interval gets
	started int             // informative intervals so far
}

// Worse bets that the canary's odds of a bad event are more than margin times
// stable's. The margin is at least 1; alpha is in (0, 1). Half of the stake is
// kept for later starts: the i-th interval gets 1/(i+patience) of what is left.
func Worse(margin, alpha float64) *Process { return bets(margin, alpha, 0.5, 1) }

// NotWorse bets that they are less than margin times stable's: reaching 1/α is
// the proof of it. Evidence must hold for the whole of the data, so that the
// whole stake is on the first interval.
func NotWorse(margin, alpha float64) *Process { return bets(margin, alpha, 1, -1) }

func bets(margin, alpha, start, direction float64) *Process {
	p := &Process{null: margin, most: -math.Log(alpha) * largestPart, cash: 1 - Reserve, start: start}
	for i := range points {
		step := math.Log(nearest) + math.Log(farest/nearest)*float64(i)/(points-1)
		p.odds[i], p.logOdds[i] = margin*math.Exp(direction*step), direction*step
		p.wealth[i] = math.Inf(-1)
	}
	return p
}

// Add lets every alternative bet on one interval. Dispersion is at least 1 and
// known before the interval (see Dispersion): the mean of the ratio's root
// 1/φ is at most the root of the mean, by Jensen, hence at most 1. If bad
// events come in lumps of φ requests, it is the test on lumps.
func (p *Process) Add(s Split, dispersion float64) {
	if !s.Informative() {
		return
	}
	most := max(0, p.log) + p.most
	stake := math.Log(p.stake() / points)
	hypothesis := s.under(p.null)
	for i := range p.wealth {
		p.wealth[i] = logAdd(p.wealth[i], stake) + hypothesis.logRatio(p.odds[i], p.logOdds[i])/dispersion
	}
	p.log = p.sum()
	if beyond := p.log - most; beyond > 0 {
		for i := range p.wealth {
			p.wealth[i] -= beyond
		}
		p.log = p.sum()
	}
}

// stake takes from the cash what the present interval's new bets get.
func (p *Process) stake() float64 {
	p.started++
	part := p.start
	if p.started > 1 {
		part = 1 / float64(p.started+patience)
	}
	stake := p.cash * part
	p.cash -= stake
	return stake
}

// LogE is the logarithm of the evidence so far: of all wealth, cash included.
// It begins at 0 (evidence of 1) and is never NaN or infinite.
func (p *Process) LogE() float64 { return p.log }

// sum is the logarithm of all wealth, summed beside the largest so that
// nothing overflows.
func (p *Process) sum() float64 {
	cash := math.Log(p.cash + Reserve)
	largest := cash
	for _, wealth := range p.wealth {
		largest = max(largest, wealth)
	}
	total := math.Exp(cash - largest)
	for _, wealth := range p.wealth {
		total += math.Exp(wealth - largest)
	}
	return largest + math.Log(total)
}

// Needs is about how many more bad events, in both versions together, bring
// the evidence to the logarithm goal, if the true odds ratio is truth and share
// is the canary's part of the requests (between 0 and 1). Bad events are taken
// to be rare. It is infinite where they never do.
func (p *Process) Needs(goal, truth, share, dispersion float64) float64 {
	canary := truth * share / (truth*share + 1 - share)
	null := p.null * share / (p.null*share + 1 - share)
	fewest := math.Inf(1)
	for i, wealth := range p.wealth {
		ratio := p.odds[i] / p.null
		gain := (canary*p.logOdds[i] - math.Log1p(null*(ratio-1))) / dispersion
		if gain > 0 {
			fewest = min(fewest, max(0, goal-wealth)/gain)
		}
	}
	return fewest
}

// logAdd is log(exp(a)+exp(b)).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if b < a-40 { // below the last digit
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
