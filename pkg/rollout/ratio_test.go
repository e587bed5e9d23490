// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"testing"

	"github.com/serin-dev/serin/pkg/rollout"
)

func TestRatio(t *testing.T) {
	tests := map[string]struct {
		n              int
		weight         rollout.Weight
		canary, stable int
	}{
		"41 % of 10":                       {10, 410, 4, 6},
		"5 % of 10":                        {10, 50, 1, 9},
		"5 % of 1 takes one pod more":      {1, 50, 1, 1},
		"50 % of 3":                        {3, 500, 2, 1},
		"10 % of 2":                        {2, 100, 1, 1},
		"99 % of 5 leaves stable its last": {5, 990, 4, 1},
		"20 % of 7":                        {7, 200, 1, 6},
		"half a percent of 200":            {200, 5, 1, 199},
		"0 % of 4 is no canary":            {4, 0, 0, 4},
		"100 % of 4 keeps one stable":      {4, 1000, 4, 1},
		"100 % of 1":                       {1, 1000, 1, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if canary, stable := rollout.Ratio(test.n, test.weight); canary != test.canary || stable != test.stable {
				t.Errorf("got %d/%d, want %d/%d", canary, stable, test.canary, test.stable)
			}
		})
	}
}

func TestRatioComesAsNearAsItCan(t *testing.T) {
	for n := 1; n <= 200; n++ {
		for weight := rollout.Weight(1); weight <= rollout.Full; weight += 7 {
			canary, stable := rollout.Ratio(n, weight)
			if canary < 1 || stable < 1 || canary+stable < n || canary+stable > n+1 {
				t.Fatalf("%d pods at %s: %d/%d", n, weight, canary, stable)
			}
			if n == 1 || weight == rollout.Full {
				continue
			}
			for other := 1; other < n; other++ {
				if off(other, n, weight) < off(canary, n, weight) {
					t.Fatalf("%d pods at %s: %d/%d is not as near as %d/%d", n, weight, canary, stable, other, n-other)
				}
			}
		}
	}
}

// off is how far canary of n pods are from a weight.
func off(canary, n int, weight rollout.Weight) int {
	d := canary*int(rollout.Full) - int(weight)*n
	return max(d, -d)
}

func TestBeside(t *testing.T) {
	tests := map[string]struct {
		n      int
		weight rollout.Weight
		canary int
	}{
		"5 % beside 10":                    {10, 50, 1},
		"25 % beside 10":                   {10, 250, 3},
		"50 % beside 10":                   {10, 500, 10},
		"50 % beside 3 (2/2 is 50 % of 4)": {3, 500, 3},
		"10 % beside 2":                    {2, 100, 1},
		"100 % beside 4 reaches a half":    {4, 1000, 4},
		"no weight":                        {4, 0, 0},
		"no pods":                          {0, 500, 0},
		"the least is one":                 {1, 1, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := rollout.Beside(test.n, test.weight); got != test.canary {
				t.Errorf("got %d, want %d", got, test.canary)
			}
		})
	}
}

func TestCarry(t *testing.T) {
	tests := map[string]struct {
		weight   rollout.Weight
		n, needs int
	}{
		"25 % of 10 is three, not two":  {250, 10, 3},
		"half a percent needs a pod":    {5, 10, 1},
		"nothing needs none":            {0, 10, 0},
		"all of it needs all":           {1000, 10, 10},
		"of no pods it still needs one": {500, 0, 1},
		"0.1 % of 1000 is one":          {1, 1000, 1},
		"0.1 % of 1001 is two":          {1, 1001, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := rollout.Carry(test.weight, test.n); got != test.needs {
				t.Errorf("got %d, want %d", got, test.needs)
			}
		})
	}
}

func TestCanaryReplicasAreTheLeast(t *testing.T) {
	tests := map[string]struct {
		count  rollout.Count
		weight rollout.Weight
		pods   int
	}{
		"auto is what the weight needs":        {rollout.Count{}, 250, 3},
		"a number is the least":                {rollout.Count{Number: 5}, 250, 5},
		"a number is not the most":             {rollout.Count{Number: 2}, 500, 5},
		"a percentage is rounded up":           {rollout.Count{Percent: 33}, 50, 4},
		"a percentage counts before the start": {rollout.Count{Percent: 50}, 0, 5},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := rollout.WantCanary(test.count, 10, test.weight); got != test.pods {
				t.Errorf("got %d, want %d", got, test.pods)
			}
		})
	}
}

func TestShare(t *testing.T) {
	tests := map[string]struct {
		canary, stable int
		share          rollout.Weight
	}{
		"one of four":   {1, 3, 250},
		"nine of ten":   {9, 1, 900},
		"one of three":  {1, 2, 333},
		"two of three":  {2, 1, 667},
		"nobody at all": {0, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := rollout.Share(test.canary, test.stable); got != test.share {
				t.Errorf("got %s, want %s", got, test.share)
			}
		})
	}
}
