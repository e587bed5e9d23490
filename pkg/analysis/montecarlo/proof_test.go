// SPDX-License-Identifier: Apache-2.0

package montecarlo_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/pkg/analysis"
)

// provenAt is the first interval, of every twelfth, at which a required proof is there; 0 for none.
func provenAt(margin, tolerance float64, row []analysis.Interval) int {
	policy := analysis.Policy{Alpha: alpha, Interval: tick, Required: true,
		Checks: []analysis.Check{{Name: "errors", Kind: analysis.Errors, Margin: margin, Tolerance: tolerance}}}
	for n := 2 * minute; n <= len(row); n += 2 * minute {
		v := analysis.Judge(policy, map[string]analysis.Samples{"errors": {Intervals: row[:n]}}, at(n))
		if c := v.Checks[0].Comparison; c != nil && c.Proof.Proven {
			return n
		}
	}
	return 0
}

// proofs are the worlds in which a proof is required, and the part of them in which
// it may be, or has to be, there at the end.
var proofs = []struct {
	name                    string
	base, factor, tolerance float64
	most, least             float64
	rollouts                int
}{
	{"as bad as the margin", baseRate, 2, 0, alpha, 0, 2000},
	{"as bad as the margin, above the tolerance", baseRate, 2, 0.001, alpha, 0, 2000},
	{"as bad as the margin, at the tolerance", 0.0005, 2, 0.001, alpha, 0, 2000},
	{"at the tolerance, where stable never fails", 1e-9, 1e6, 0.001, alpha, 0, 2000},
	{"as good as stable", baseRate, 1, 0, 1, 0.9, 200},
	{"as good as stable, with a tolerance", baseRate, 1, 0.001, 1, 0.9, 200},
	{"nothing ever fails, without a tolerance", 0, 1, 0, 0, 0, 200},
	{"nothing ever fails", 0, 1, 0.001, 1, 1, 200},
}

// A canary that is as bad as the margin, and as bad as the tolerance, is proven not
// to be with a chance of at most alpha, although it is looked at again and again.
func TestProofs(t *testing.T) {
	const margin = 2.0
	for kind, p := range proofs {
		rollouts := p.rollouts / slowdown
		hits := make([]bool, rollouts)
		w := world{rate: 200, base: p.base, factor: p.factor, weights: []float64{0.1, 0.25, 0.5}, hold: 40}
		parallel(rollouts, func(i int) {
			hits[i] = provenAt(margin, p.tolerance, w.stream(rand.New(rand.NewPCG(20_000+uint64(kind), uint64(i))))) > 0
		})
		count := 0.0
		for _, hit := range hits {
			if hit {
				count++
			}
		}
		got := count / float64(rollouts)
		t.Logf("%s: %.2f %% are proven", p.name, 100*got)
		if got > p.most+3*math.Sqrt(p.most*(1-p.most)/float64(rollouts)) || got < p.least {
			t.Errorf("%s: of %v rollouts %v are proven, allowed are %v to %v", p.name, rollouts, got, p.least, p.most)
		}
	}
}
