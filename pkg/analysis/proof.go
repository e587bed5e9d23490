// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"math"

	"github.com/serin-dev/serin/pkg/analysis/eprocess"
)

// proof is how far the required proof is: nil where none is required. With a
// tolerance the hypothesis is that the canary is as bad as the margin and has
// the tolerance's part of bad requests; each of two kinds of bets speaks against
// that, and so does their mean.
func (c *comparison) proof() *Proof {
	if c.notWorse == nil {
		return nil
	}
	log := c.notWorse.LogE()
	p := &Proof{Needed: 1 / c.alpha}
	if c.below != nil {
		log, p.Tolerance = eprocess.Mean(log, c.below.LogE()), c.check.Tolerance
	}
	p.EValue, p.Proven = evidence(log), log >= -math.Log(c.alpha)
	if !p.Proven {
		p.MoreRequests, p.Minutes = c.missing()
	}
	return p
}

// missing estimates what brings the evidence that is needed, if the canary is
// as good as stable and everything else stays as it was on average.
func (c *comparison) missing() (requests, minutes float64) {
	canary := c.found.Canary
	if canary.Total <= 0 {
		return 0, 0
	}
	requests = math.Ceil(min(c.byRatio(), c.byTolerance()))
	if c.span > 0 {
		minutes = math.Ceil(requests / canary.Total * c.span.Minutes())
	}
	if !isNumber(requests) || !isNumber(minutes) {
		return 0, 0
	}
	return requests, minutes
}

// goal is the evidence that one of the kinds of bets has to reach by itself.
func (c *comparison) goal() float64 {
	if c.below == nil {
		return -math.Log(c.alpha)
	}
	return -math.Log(c.alpha) + math.Ln2
}

// byRatio is how many more requests show that the canary is not worse than the margin.
func (c *comparison) byRatio() float64 {
	canary, stable := c.found.Canary, c.found.Stable
	if stable.Total <= 0 || canary.Bad+stable.Bad <= 0 {
		return math.Inf(1)
	}
	more := c.notWorse.Needs(c.goal(), 1, canary.Total/(canary.Total+stable.Total), c.dispersion.Factor())
	return more / (canary.Bad + stable.Bad) * canary.Total
}

// byTolerance is how many more show that fewer than the tolerance are bad.
func (c *comparison) byTolerance() float64 {
	if c.below == nil {
		return math.Inf(1)
	}
	canary, stable := c.found.Canary, c.found.Stable
	return c.below.Needs(c.goal(), min(1, (canary.Bad+stable.Bad)/(canary.Total+stable.Total)), c.dispersion.Factor())
}

// words say what is missing, or why that cannot be said.
func (p *Proof) words(found Comparison) string {
	or := ""
	if p.Tolerance > 0 {
		or = fmt.Sprintf(", or that less than %s %% of its requests are bad,", number(100*p.Tolerance))
	}
	switch {
	case p.MoreRequests > 0:
		words := fmt.Sprintf("proof that it is not worse%s takes about %s more requests to it", or, rough(p.MoreRequests))
		if p.Minutes > 0 {
			words += fmt.Sprintf(", %s minutes at today's rate", number(p.Minutes))
		}
		return words
	case found.Canary.Bad+found.Stable.Bad <= 0:
		return "nothing was bad on either side, so that there is nothing to prove a ratio by; a tolerance would let it be proved that hardly anything is"
	default:
		return fmt.Sprintf("proof that it is not worse%s is not in sight: it takes good and bad requests on both sides, and a margin above 1", or)
	}
}
