// SPDX-License-Identifier: Apache-2.0

package eprocess

import (
	"math"
	"math/rand/v2"
	"testing"
)

// splits are the possible ones with the same totals and number of bad events, and their chances.
func splits(s Split, odds float64, each func(Split, float64)) {
	bad := s.CanaryBad + s.StableBad
	whole := s.logSum(odds)
	for k := max(0, bad-s.StableTotal); k <= min(bad, s.CanaryTotal); k++ {
		each(Split{k, s.CanaryTotal, bad - k, s.StableTotal}, math.Exp(s.logTerm(k, odds)-whole))
	}
}

func randomSplit(rnd *rand.Rand) Split {
	s := Split{CanaryTotal: float64(1 + rnd.IntN(60)), StableTotal: float64(1 + rnd.IntN(200))}
	s.CanaryBad, s.StableBad = float64(rnd.IntN(int(s.CanaryTotal)+1)), float64(rnd.IntN(int(s.StableTotal)+1))
	if rnd.IntN(2) == 0 {
		s.StableBad = min(s.StableBad, float64(rnd.IntN(4)))
	}
	return s
}

func TestChancesAddUpToOne(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		s, odds, sum := randomSplit(rnd), math.Exp(rnd.NormFloat64()*3), 0.0
		splits(s, odds, func(_ Split, chance float64) { sum += chance })
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("%+v at %v: %v", s, odds, sum)
		}
	}
}

// The heart of it: under every odds ratio that the hypothesis allows, the mean
// of what a bet makes is at most 1, whether bad events are rare or nearly all.
func TestNoBetGainsInTheMeanUnderTheHypothesis(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	exact := func(s Split, margin float64) null { return null{s, margin, true, s.logSum(margin)} }
	binomial := func(s Split, margin float64) null { return null{s, margin, false, 0} }
	forms := map[string]func(Split, float64) null{"exact": exact, "binomial": binomial, "chosen": Split.under}
	for range 3000 {
		s, margin := randomSplit(rnd), []float64{1, 1.2, 1.5, 3, 10}[rnd.IntN(5)]
		factor := math.Exp(rnd.Float64() * 7)
		worse := rnd.IntN(2) == 0
		odds, truth := margin*factor, margin*math.Exp(-max(0, rnd.NormFloat64()))
		if !worse {
			odds, truth = margin/factor, margin*math.Exp(max(0, rnd.NormFloat64()))
		}
		for name, form := range forms {
			mean := 0.0
			splits(s, truth, func(s Split, chance float64) {
				mean += chance * math.Exp(form(s, margin).logRatio(odds, math.Log(odds/margin)))
			})
			if mean > 1+1e-9 {
				t.Fatalf("%s: %+v, margin %v, bet on %v, truth %v: mean %v", name, s, margin, odds, truth, mean)
			}
		}
	}
}

func TestBothFormsAgreeOnRareEvents(t *testing.T) {
	s := Split{CanaryBad: 9, CanaryTotal: 100_000, StableBad: 8, StableTotal: 900_000}
	for _, odds := range []float64{1.8, 5, 100} {
		hypothesis, log := null{s, 1.5, true, s.logSum(1.5)}, math.Log(odds/1.5)
		if exact, binomial := hypothesis.exact(odds, log), hypothesis.binomial(odds, log); math.Abs(exact-binomial) > 1e-2 {
			t.Errorf("odds %v: exact %v, binomial %v", odds, exact, binomial)
		}
	}
}

func TestTail(t *testing.T) {
	tests := map[string]struct {
		split Split
		want  float64
	}{
		"all of five of a hundred":     {Split{5, 5, 0, 95}, 1 / 75287520.0},
		"at least none is certain":     {Split{0, 10, 5, 10}, 1},
		"one of two, one is canary's":  {Split{1, 1, 0, 1}, 0.5},
		"half of a common bad outcome": {Split{1, 2, 1, 2}, 5.0 / 6},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := math.Exp(test.split.LogTail(1)); math.Abs(got/test.want-1) > 1e-9 {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestEvidenceStaysFiniteAtAnySize(t *testing.T) {
	sizes := []float64{0, 1, 2, 10, 1000, 1e6, 1e9}
	for _, nc := range sizes {
		for _, ns := range sizes {
			for _, share := range []float64{0, 1e-6, 0.5, 1} {
				for _, p := range []*Process{Worse(1.5, 0.01), NotWorse(1.5, 0.01), Worse(1, 1e-6)} {
					s := Split{math.Floor(nc * share), nc, math.Floor(ns * (1 - share)), ns}
					for range 3 {
						p.Add(s, 1)
					}
					if e := p.LogE(); math.IsNaN(e) || math.IsInf(e, 0) {
						t.Fatalf("%+v: %v", s, e)
					}
				}
			}
		}
	}
}

func TestThreeIntervalsHaveToAgree(t *testing.T) {
	p := Worse(1, 0.01)
	for i := 1; i <= 3; i++ {
		p.Add(Split{500, 500, 0, 1e6}, 1)
		if convicted := p.LogE() >= -math.Log(0.01); convicted != (i == 3) {
			t.Errorf("after %d: %v", i, convicted)
		}
	}
}

func TestAnIntervalWithoutInformationChangesNothing(t *testing.T) {
	for name, s := range map[string]Split{
		"the canary has everything": {5, 100, 0, 0},
		"the canary has nothing":    {0, 0, 5, 100},
		"nothing is bad":            {0, 100, 0, 100},
		"everything is bad":         {100, 100, 100, 100},
	} {
		t.Run(name, func(t *testing.T) {
			p := Worse(1, 0.01)
			p.Add(Split{3, 100, 1, 100}, 1)
			before := *p
			p.Add(s, 1)
			if *p != before {
				t.Error("it did")
			}
		})
	}
}

// A canary that turns bad late is not defended by a long good record.
func TestALongGoodRecordIsNoDefence(t *testing.T) {
	p := Worse(1.5, 0.01)
	for range 200 {
		p.Add(Split{15, 5000, 15, 5000}, 1)
	}
	needed := 0
	for ; p.LogE() < -math.Log(0.01) && needed < 100; needed++ {
		p.Add(Split{60, 5000, 15, 5000}, 1)
	}
	if needed > 4 {
		t.Errorf("it took %d intervals of a fourfold rate", needed)
	}
}

func TestDispersion(t *testing.T) {
	even := []Count{{2, 100}, {1, 100}, {3, 100}, {2, 100}}
	lump := []Count{{20, 100}, {0, 100}, {0, 100}, {0, 100}}
	tests := map[string]struct {
		teach    func(*Dispersion)
		from, to float64
	}{
		"nothing is known":                  {func(*Dispersion) {}, 1, 1},
		"pods that are alike":               {func(d *Dispersion) { d.AddPods(even) }, 1, 1},
		"a lump of twenty on one pod":       {func(d *Dispersion) { d.AddPods(lump) }, 18, 22},
		"lumps weigh by their failures":     {func(d *Dispersion) { d.AddPods(even); d.AddPods(lump) }, 12, 18},
		"one pod says nothing":              {func(d *Dispersion) { d.AddPods(lump[:1]) }, 1, 1},
		"pods without requests say nothing": {func(d *Dispersion) { d.AddPods([]Count{{20, 100}, {}, {}}) }, 1, 1},
		"intervals that are alike":          {func(d *Dispersion) { d.AddInterval(even[0]); d.AddInterval(even[1]) }, 1, 1},
		"intervals with bursts":             {func(d *Dispersion) { d.AddInterval(Count{40, 100}); d.AddInterval(Count{1, 100}) }, 20, 50},
		"an incident counts as so much": {func(d *Dispersion) {
			d.AddInterval(Count{3, 1e6})
			d.AddInterval(Count{8e5, 1e6})
		}, largestJump, largestJump},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var d Dispersion
			test.teach(&d)
			if got := d.Factor(); got < test.from || got > test.to {
				t.Errorf("got %v, want %v to %v", got, test.from, test.to)
			}
		})
	}
}

func TestDispersionOfIndependentFailuresIsNearOne(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	var d Dispersion
	for range 500 {
		pods := make([]Count, 5)
		for i := range pods {
			pods[i].Total = 200
			for range 200 {
				if rnd.Float64() < 0.01 {
					pods[i].Bad++
				}
			}
		}
		d.AddPods(pods)
	}
	if got := d.Factor(); got > 1.1 {
		t.Errorf("got %v", got)
	}
}

func TestGuard(t *testing.T) {
	tests := map[string]struct {
		split      Split
		dispersion float64
		breaks     bool
	}{
		"all of fifty, stable fine":              {Split{50, 50, 1, 950}, 1, true},
		"nine tenths of twenty, stable fine":     {Split{18, 20, 0, 380}, 1, true},
		"two requests":                           {Split{2, 2, 0, 1e6}, 1, false},
		"nine requests":                          {Split{9, 9, 0, 1e6}, 1, false},
		"four fifths":                            {Split{80, 100, 0, 900}, 1, false},
		"a shared incident":                      {Split{50, 50, 900, 950}, 1, false},
		"a shared incident that stable half has": {Split{50, 50, 450, 950}, 1, false},
		"stable has too few to tell":             {Split{50, 50, 0, 9}, 1, false},
		"one lump of failures":                   {Split{12, 12, 0, 30}, 12, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := NewGuard(1.5, 0.01).Breaks(test.split, test.dispersion); got != test.breaks {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestTheGuardSpendsNoMoreThanItsReserve(t *testing.T) {
	// By the law of the split itself: the chance of acting, for the worst margins
	// that fit the rule, is below what the first interval may spend.
	limit := Reserve * 0.01 / 2
	for _, margin := range []float64{1, 1.5, 10} {
		for nc := 10.0; nc <= 40; nc += 3 {
			for ns := 10.0; ns <= 200; ns += 19 {
				for bad := 9.0; bad <= nc+0.1*ns; bad++ {
					chance := 0.0
					splits(Split{0, nc, bad, ns}, margin, func(s Split, p float64) {
						if s.StableBad >= 0 && NewGuard(margin, 0.01).Breaks(s, 1) {
							chance += p
						}
					})
					if chance > limit {
						t.Fatalf("margin %v, %v:%v, %v bad: %v", margin, nc, ns, bad, chance)
					}
				}
			}
		}
	}
}

func TestAlone(t *testing.T) {
	tests := map[string]struct {
		split Split
		alone bool
	}{
		"all fail and stable has no requests":  {Split{99, 100, 0, 0}, true},
		"all fail, also of stable's few":       {Split{99, 100, 2, 2}, false},
		"most do not fail":                     {Split{20, 100, 0, 0}, false},
		"two requests are too few to say that": {Split{2, 2, 0, 0}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Alone(test.split); got != test.alone {
				t.Errorf("got %v", got)
			}
		})
	}
}
