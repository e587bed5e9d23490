// SPDX-License-Identifier: Apache-2.0

package eprocess

import "math"

// Split is how the requests of one interval, and the bad ones among them, fell
// on the two versions. All four are whole numbers, no bad count is above its
// total, and none is above 1e9.
type Split struct {
	CanaryBad, CanaryTotal float64
	StableBad, StableTotal float64
}

// Informative tells whether the split can say anything about the odds ratio:
// both versions had requests, some requests were bad and some were not.
func (s Split) Informative() bool {
	bad := s.CanaryBad + s.StableBad
	return s.CanaryTotal > 0 && s.StableTotal > 0 && bad > 0 && bad < s.CanaryTotal+s.StableTotal
}

// Where the exact law is worth its price: where bad events are so common that
// drawing them without replacement narrows the split, and few enough to sum over.
const (
	rare          = 0.02
	exactVariance = 1e4
)

// logRatio is the logarithm of the evidence for the odds ratio `odds` against
// `null`, logOdds being log(odds/null). Under every odds ratio on null's far side from odds (and under null
// itself) the mean of its exponential is at most 1, given the totals and the
// number of bad events. Which of the two forms is taken depends on these only.
func (s Split) logRatio(null, odds, logOdds float64) float64 {
	bad := s.CanaryBad + s.StableBad
	theta := null * s.CanaryTotal / (null*s.CanaryTotal + s.StableTotal)
	if bad > rare*(s.CanaryTotal+s.StableTotal) && bad*theta*(1-theta) <= exactVariance {
		return s.exact(null, odds, logOdds)
	}
	return s.binomial(null, odds, logOdds)
}

// exact is the ratio of two noncentral hypergeometric likelihoods. Their mean
// under the null is 1; the family has a monotone likelihood ratio in the odds
// ratio, so that it is smaller on the far side.
func (s Split) exact(null, odds, logOdds float64) float64 {
	return s.CanaryBad*logOdds + s.logSum(null) - s.logSum(odds)
}

// binomial treats the bad events as independent of each other: each is the
// canary's with probability θ = ω·n_c/(ω·n_c+n_s). It is safe however common
// bad events are:
//
//   - b_c is a sum of independent trials with unequal chances (its generating
//     polynomial has real roots only), so that by Hoeffding the mean of every
//     exponential of b_c is at most that of a binomial with the same mean.
//   - The mean is at most b·θ where ω ≥ 1. Let A be the chance that a given
//     canary request is bad and a given stable one is not, and B that both
//     are: swapping the two shows A = ω·A', so that the chances of being bad
//     are as (B+ω·A') to (B+A'), which is at most ω.
//   - In the other direction (odds < null) the mean must not be too small.
//     It is at least that of ω' = 1+(ω-1)·(1-ω·b/(ω·n_c+n_s)), because A' is
//     at least the chance of stable's being bad times that of the canary's not
//     (bad events, drawn without replacement, are negatively associated).
func (s Split) binomial(null, odds, logOdds float64) float64 {
	bad := s.CanaryBad + s.StableBad
	weighted := null
	if odds < null {
		weighted = 1 + (null-1)*max(0, 1-null*bad/(null*s.CanaryTotal+s.StableTotal))
	}
	theta := weighted * s.CanaryTotal / (weighted*s.CanaryTotal + s.StableTotal)
	return s.CanaryBad*logOdds - bad*math.Log1p(theta*(odds/null-1))
}

// LogTail is the logarithm of the chance that at least CanaryBad of the bad
// events are the canary's, at the given odds ratio.
func (s Split) LogTail(odds float64) float64 {
	tail := s.logTerm(s.CanaryBad, odds) + math.Log1p(s.above(s.CanaryBad, odds))
	return min(0, tail-s.logSum(odds))
}

// logSum is log Σ_k C(n_c,k)·C(n_s,b-k)·ω^k. It sums from the largest term
// outwards until terms no longer count: their logarithms are concave in k.
func (s Split) logSum(odds float64) float64 {
	mode := s.mode(odds)
	return s.logTerm(mode, odds) + math.Log1p(s.above(mode, odds)+s.below(mode, odds))
}

const negligible = 1e-17

// above is the sum of the terms over k, each divided by the term of k.
func (s Split) above(k, odds float64) float64 {
	bad := s.CanaryBad + s.StableBad
	most := min(bad, s.CanaryTotal)
	sum, term := 0.0, 1.0
	for ; k < most && term > negligible*(1+sum); k++ {
		term *= odds * (s.CanaryTotal - k) * (bad - k) / ((k + 1) * (s.StableTotal - bad + k + 1))
		sum += term
	}
	return sum
}

// below is the sum of the terms under k, each divided by the term of k.
func (s Split) below(k, odds float64) float64 {
	bad := s.CanaryBad + s.StableBad
	least := max(0, bad-s.StableTotal)
	sum, term := 0.0, 1.0
	for ; k > least && term > negligible*(1+sum); k-- {
		term *= k * (s.StableTotal - bad + k) / (odds * (s.CanaryTotal - k + 1) * (bad - k + 1))
		sum += term
	}
	return sum
}

// mode is where the terms are largest, give or take one: the root of the
// quadratic at which two neighbours are equal.
func (s Split) mode(odds float64) float64 {
	bad := s.CanaryBad + s.StableBad
	a := 1 - odds
	b := (s.CanaryTotal+bad+2)*odds - bad + s.StableTotal
	c := -(s.CanaryTotal + 1) * (bad + 1) * odds
	root := math.Floor(-2 * c / (b + math.Sqrt(max(0, b*b-4*a*c))))
	return min(max(root, 0, bad-s.StableTotal), bad, s.CanaryTotal)
}

func (s Split) logTerm(k, odds float64) float64 {
	return logChoose(s.CanaryTotal, k) + logChoose(s.StableTotal, s.CanaryBad+s.StableBad-k) + k*math.Log(odds)
}

func logChoose(n, k float64) float64 {
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

func logFactorial(n float64) float64 {
	value, _ := math.Lgamma(n + 1)
	return value
}
