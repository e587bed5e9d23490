// SPDX-License-Identifier: Apache-2.0

package eprocess

import "math"

// What the guardrail calls a break: nearly all of the canary's requests are
// bad, nearly all of stable's are not, and there are enough to say "nearly".
const (
	brokenPart = 0.9
	soundPart  = 0.1
	atLeast    = 10
)

// Guard acts on a hard break within one interval, before a Process can. It is
// a plain rule, and yet cannot spend more than the Reserve of α: in the i-th
// interval the break must also be less likely, under the hypothesis, than
// Reserve·α/(i·(i+1)), and these add up to Reserve·α.
type Guard struct {
	margin, alpha float64
	seen          float64 // informative intervals
}

// NewGuard is the guardrail beside a Process of the same margin and alpha.
func NewGuard(margin, alpha float64) *Guard { return &Guard{margin: margin, alpha: alpha} }

// Breaks tells whether this interval shows a hard break. Intervals come in
// order, each once; dispersion is as for Process.Add: failures in lumps are
// counted as lumps.
func (g *Guard) Breaks(s Split, dispersion float64) bool {
	if !s.Informative() {
		return false
	}
	g.seen++
	if !isBroken(s) || s.StableTotal < atLeast || s.StableBad > soundPart*s.StableTotal {
		return false
	}
	limit := math.Log(Reserve * g.alpha / (g.seen * (g.seen + 1)))
	return s.LogTail(g.margin)/dispersion <= limit
}

// Alone tells whether nearly all requests of the canary were bad and stable
// had none to compare with. That may be a shared incident, and nothing can tell.
func Alone(s Split) bool { return s.StableTotal == 0 && isBroken(s) }

func isBroken(s Split) bool {
	return s.CanaryTotal >= atLeast && s.CanaryBad >= brokenPart*s.CanaryTotal
}
