// SPDX-License-Identifier: Apache-2.0

package eprocess

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Under every chance of a bad request that the hypothesis allows, also one that
// changes from request to request, the mean of what a bet makes is at most 1.
func TestNoBetOnABoundGainsInTheMeanUnderTheHypothesis(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	for range 500 {
		tolerance := math.Exp(-8 * rnd.Float64())
		b := NewBelow(min(0.5, tolerance), 0.01)
		dispersion := 1 + rnd.Float64()*float64(rnd.IntN(3))
		for i := range b.parts {
			mean := 1.0
			for range 20 { // requests, one after the other
				p := b.tolerance + (1-b.tolerance)*rnd.Float64()*float64(rnd.IntN(2))
				mean *= p*math.Exp(b.gain(i, 1, 0)/dispersion) + (1-p)*math.Exp(b.gain(i, 0, 1)/dispersion)
			}
			if mean > 1+1e-9 {
				t.Fatalf("tolerance %v, bet on %v, dispersion %v: mean %v", b.tolerance, b.parts[i], dispersion, mean)
			}
		}
	}
}

func TestABoundIsProvedAsForetold(t *testing.T) {
	const goal = 4.6
	for _, part := range []float64{0, 0.0002, 0.0005} {
		b := NewBelow(0.001, 0.01)
		all := b.Needs(goal, part, 1)
		if all < 4600 || all > 60_000 {
			t.Errorf("where %v are bad it takes %v requests", part, all)
		}
		for range 10 {
			b.Add(Split{CanaryBad: all * part / 10, CanaryTotal: all / 10}, 1)
		}
		if math.Abs(b.LogE()-goal) > 1e-6 {
			t.Errorf("after the %v requests that were foretold the evidence is %v", all, b.LogE())
		}
		if more := b.Needs(goal, part, 1); more > 1 {
			t.Errorf("%v more are foretold", more)
		}
	}
	if n := NewBelow(0.001, 0.01).Needs(goal, 0.002, 1); !math.IsInf(n, 1) {
		t.Errorf("that fewer than half of what is bad are is foretold after %v requests", n)
	}
}

func TestABoundIsNotProvedByTwoIntervals(t *testing.T) {
	b := NewBelow(0.001, 0.01)
	for i := 1; i <= 3; i++ {
		b.Add(Split{CanaryTotal: 1e9}, 1)
		if proved := b.LogE() >= -math.Log(0.01); proved != (i == 3) {
			t.Errorf("after %d: %v", i, proved)
		}
	}
}

func TestEvidenceOfABoundStaysFinite(t *testing.T) {
	for _, s := range []Split{{}, {StableBad: 5, StableTotal: 9}, {CanaryBad: 1e9, CanaryTotal: 1e9}, {CanaryTotal: 1e9}} {
		for _, tolerance := range []float64{1e-9, 0.001, 0.999} {
			b := NewBelow(tolerance, 1e-6)
			for range 3 {
				b.Add(s, 1)
			}
			if e := Mean(b.LogE(), 0); math.IsNaN(e) || math.IsInf(e, 0) {
				t.Errorf("%+v, tolerance %v: %v", s, tolerance, e)
			}
			if s.CanaryTotal == 0 && math.Abs(b.LogE()) > 1e-9 {
				t.Errorf("without requests the evidence is %v", b.LogE())
			}
		}
	}
}
