// SPDX-License-Identifier: Apache-2.0

package montecarlo_test

import (
	"math"
	"math/rand/v2"
	"testing"
)

// This file draws counts: one number for an interval instead of one for each
// request. Large means use Hörmann's transformed rejection (PTRS, "The
// transformed rejection method for generating Poisson random variables", 1993,
// and BTRS, "The generation of binomial random variates", 1993).

// poisson is how many events there are if mean are expected.
func poisson(rnd *rand.Rand, mean float64) float64 {
	if mean < 10 {
		limit, product, k := math.Exp(-mean), rnd.Float64(), 0.0
		for product > limit {
			product *= rnd.Float64()
			k++
		}
		return k
	}
	b := 0.931 + 2.53*math.Sqrt(mean)
	a := -0.059 + 0.02483*b
	inverse := 1.1239 + 1.1328/(b-3.4)
	squeeze := 0.9277 - 3.6224/(b-2)
	for {
		u, v := rnd.Float64()-0.5, rnd.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + mean + 0.43)
		if us >= 0.07 && v <= squeeze {
			return k
		}
		if k < 0 || (us < 0.013 && v > us) {
			continue
		}
		if math.Log(v*inverse/(a/(us*us)+b)) <= k*math.Log(mean)-mean-logFactorial(k) {
			return k
		}
	}
}

// binomial is how many of n are bad if each is with chance p.
func binomial(rnd *rand.Rand, n, p float64) float64 {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p > 0.5:
		return n - binomial(rnd, n, 1-p)
	case n*p < 10:
		return fewOf(rnd, n, p)
	}
	spread := math.Sqrt(n * p * (1 - p))
	b := 1.15 + 2.53*spread
	a := -0.0873 + 0.0248*b + 0.01*p
	centre, squeeze := n*p+0.5, 0.92-4.2/b
	alpha := (2.83 + 5.1/b) * spread
	mode, odds := math.Floor((n+1)*p), math.Log(p/(1-p))
	for {
		u, v := rnd.Float64()-0.5, rnd.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + centre)
		if us >= 0.07 && v <= squeeze {
			return k
		}
		if k < 0 || k > n {
			continue
		}
		if math.Log(v*alpha/(a/(us*us)+b)) <= logFactorial(mode)+logFactorial(n-mode)-logFactorial(k)-logFactorial(n-k)+(k-mode)*odds {
			return k
		}
	}
}

// fewOf jumps from one bad one to the next.
func fewOf(rnd *rand.Rand, n, p float64) float64 {
	log, k := math.Log1p(-p), 0.0
	for at := math.Floor(math.Log(1-rnd.Float64())/log) + 1; at <= n; at += math.Floor(math.Log(1-rnd.Float64())/log) + 1 {
		k++
	}
	return k
}

// lumps is how many failures there are if they come in lumps of ten in the
// mean, geometrically, and mean are expected.
func lumps(rnd *rand.Rand, mean float64) float64 {
	sum := 0.0
	for range int(poisson(rnd, mean/lumpSize)) {
		sum += 1 + math.Floor(math.Log(1-rnd.Float64())/math.Log1p(-1.0/lumpSize))
	}
	return sum
}

const lumpSize = 10

// small factorials are asked for all the time.
var factorials = func() (table [1 << 14]float64) {
	for i := 1; i < len(table); i++ {
		table[i] = table[i-1] + math.Log(float64(i))
	}
	return table
}()

func logFactorial(n float64) float64 {
	if n < float64(len(factorials)) {
		return factorials[int(n)]
	}
	value, _ := math.Lgamma(n + 1)
	return value
}

func TestDrawsHaveTheMeanAndVarianceOfTheirLaw(t *testing.T) {
	tests := map[string]struct {
		draw           func(*rand.Rand) float64
		mean, variance float64
	}{
		"few events":              {func(r *rand.Rand) float64 { return poisson(r, 0.3) }, 0.3, 0.3},
		"some events":             {func(r *rand.Rand) float64 { return poisson(r, 9.9) }, 9.9, 9.9},
		"more events":             {func(r *rand.Rand) float64 { return poisson(r, 11) }, 11, 11},
		"many events":             {func(r *rand.Rand) float64 { return poisson(r, 10_000) }, 10_000, 10_000},
		"few of many":             {func(r *rand.Rand) float64 { return binomial(r, 1000, 0.003) }, 3, 2.991},
		"some of many":            {func(r *rand.Rand) float64 { return binomial(r, 10_000, 0.003) }, 30, 29.91},
		"half":                    {func(r *rand.Rand) float64 { return binomial(r, 40, 0.5) }, 20, 10},
		"most":                    {func(r *rand.Rand) float64 { return binomial(r, 5000, 0.8) }, 4000, 800},
		"failures in lumps often": {func(r *rand.Rand) float64 { return lumps(r, 30) }, 30, 30 * 19},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(8, 8))
			const n = 200_000
			var sum, squares float64
			for range n {
				x := test.draw(rnd)
				sum += x
				squares += (x - test.mean) * (x - test.mean)
			}
			if mean := sum / n; math.Abs(mean-test.mean) > 5*math.Sqrt(test.variance/n) {
				t.Errorf("mean %v, want %v", mean, test.mean)
			}
			if variance := squares / n; math.Abs(variance/test.variance-1) > 0.03 {
				t.Errorf("variance %v, want %v", variance, test.variance)
			}
		})
	}
}
