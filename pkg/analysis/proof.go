// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"math"
)

// proof is how far the required proof is: nil where none is required.
func (c *comparison) proof() *Proof {
	if c.notWorse == nil {
		return nil
	}
	log := c.notWorse.LogE()
	p := &Proof{EValue: evidence(log), Needed: 1 / c.alpha, Proven: log >= -math.Log(c.alpha)}
	if !p.Proven {
		p.MoreRequests, p.Minutes = c.missing()
	}
	return p
}

// missing estimates what brings the evidence that is needed, if the canary is
// as good as stable and everything else stays as it was on average.
func (c *comparison) missing() (requests, minutes float64) {
	canary, stable := c.found.Canary, c.found.Stable
	if canary.Total <= 0 || stable.Total <= 0 || canary.Bad+stable.Bad <= 0 {
		return 0, 0
	}
	more := c.notWorse.Needs(-math.Log(c.alpha), 1, canary.Total/(canary.Total+stable.Total), c.dispersion.Factor())
	requests = math.Ceil(more / (canary.Bad + stable.Bad) * canary.Total)
	if c.span > 0 {
		minutes = math.Ceil(requests / canary.Total * c.span.Minutes())
	}
	if !isNumber(requests) || !isNumber(minutes) {
		return 0, 0
	}
	return requests, minutes
}

// words say what is missing, or why that cannot be said.
func (p *Proof) words(found Comparison) string {
	switch {
	case p.MoreRequests > 0:
		words := fmt.Sprintf("proof that it is not worse takes about %s more requests to it", rough(p.MoreRequests))
		if p.Minutes > 0 {
			words += fmt.Sprintf(", %s minutes at today's rate", number(p.Minutes))
		}
		return words
	case found.Canary.Bad+found.Stable.Bad <= 0:
		return "nothing was bad on either side, so that there is nothing to prove a ratio by"
	default:
		return "proof that it is not worse is not in sight: it takes good and bad requests on both sides, and a margin above 1"
	}
}
