// SPDX-License-Identifier: Apache-2.0

package share_test

import (
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/pkg/share"
)

func TestWithin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		weight, canary, all float64
		want                bool
	}{
		"no request yet":                        {0.05, 0, 0, true},
		"a tenth of a hundred":                  {0.1, 10, 100, true},
		"none of a hundred, with a tenth":       {0.1, 0, 100, false}, // 0.9^100 is 0.00003
		"none of fifty, with a tenth":           {0.1, 0, 50, true},   // 0.9^50 is 0.005
		"twice the share of a hundred":          {0.1, 20, 100, true}, // 0.002
		"more than twice the share":             {0.1, 23, 100, false},
		"all, and all should":                   {1, 100, 100, true},
		"one is missing, and all should":        {1, 99, 100, false},
		"none, and none should":                 {0, 0, 100, true},
		"one, and none should":                  {0, 1, 100, false},
		"many requests, a little too many":      {0.25, 252_000, 1_000_000, false}, // 4.6 standard deviations
		"many requests, nearly exact":           {0.25, 250_800, 1_000_000, true},  // 1.8 standard deviations
		"half a percent of a hundred":           {0.005, 0, 100, true},
		"half a percent, but three per hundred": {0.005, 30, 1000, false},
	} {
		if got := share.Within(test.weight, test.canary, test.all); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// Of what really has the weight, at most one in a thousand is outside.
func TestTheBandHolds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	outside, trials := 0, 20_000
	for range trials {
		weight, all, canary := 0.01+0.98*random.Float64(), 1+random.IntN(300), 0
		for range all {
			if random.Float64() < weight {
				canary++
			}
		}
		if !share.Within(weight, float64(canary), float64(all)) {
			outside++
		}
	}
	if outside > trials/1000+15 { // three standard deviations above what is expected at most
		t.Errorf("%d of %d are outside of the band", outside, trials)
	}
}
