// SPDX-License-Identifier: Apache-2.0

package montecarlo_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/pkg/analysis"
)

// provenAt is the first interval, of every sixth, at which a required proof is there; 0 for none.
func provenAt(margin float64, row []analysis.Interval) int {
	policy := analysis.Policy{Alpha: alpha, Interval: tick, Required: true,
		Checks: []analysis.Check{{Name: "errors", Kind: analysis.Errors, Margin: margin}}}
	for n := minute; n <= len(row); n += minute {
		v := analysis.Judge(policy, map[string]analysis.Samples{"errors": {Intervals: row[:n]}}, at(n))
		if c := v.Checks[0].Comparison; c != nil && c.Proof.Proven {
			return n
		}
	}
	return 0
}

func TestProofs(t *testing.T) {
	const margin, rollouts = 2.0, 2000 / slowdown
	proven := func(factor float64, seed uint64) float64 {
		hits := make([]bool, rollouts)
		w := world{rate: 200, base: baseRate, factor: factor, weights: []float64{0.1, 0.25, 0.5}, hold: 40}
		parallel(rollouts, func(i int) { hits[i] = provenAt(margin, w.stream(rand.New(rand.NewPCG(seed, uint64(i))))) > 0 })
		count := 0.0
		for _, hit := range hits {
			if hit {
				count++
			}
		}
		return count / rollouts
	}
	if got := proven(margin, 20_001); got > alpha+3*math.Sqrt(alpha/rollouts) {
		t.Errorf("of canaries that are as bad as the margin %v are proven not to be", got)
	}
	if got := proven(1, 20_002); got < 0.9 {
		t.Errorf("of canaries that are as good as stable %v are proven", got)
	}
}
