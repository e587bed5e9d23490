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

// null is the hypothesis that the canary's odds are so many times stable's,
// for one split: what all alternatives to it have in common. Which of the two
// forms it takes depends on the totals and on how many were bad in all, so that
// the mean of a ratio, given these, is that of one form.
type null struct {
	Split
	odds   float64
	common bool    // bad events are: the exact form
	sum    float64 // of the exact form, see logSum
}

func (s Split) under(odds float64) null {
	n := null{Split: s, odds: odds}
	bad := s.CanaryBad + s.StableBad
	theta := odds * s.CanaryTotal / (odds*s.CanaryTotal + s.StableTotal)
	if bad > rare*(s.CanaryTotal+s.StableTotal) && bad*theta*(1-theta) <= exactVariance {
		n.common, n.sum = true, s.logSum(odds)
	}
	return n
}

// logRatio is the logarithm of the evidence for other odds, logOdds being the
// logarithm of their ratio to the null's. Under every odds ratio on the null's
// far side (and under the null's own) the mean of its exponential is at most 1.
func (n null) logRatio(odds, logOdds float64) float64 {
	if n.common {
		return n.exact(odds, logOdds)
	}
	return n.binomial(odds, logOdds)
}

// exact is the ratio of two noncentral hypergeometric likelihoods. Their mean
// under the null is 1; the family has a monotone likelihood ratio in the odds
// ratio, so that it is smaller on the far side.
func (n null) exact(odds, logOdds float64) float64 {
	return n.CanaryBad*logOdds + n.sum - n.logSum(odds)
}

// binomial treats the bad events as independent of each other: each is the
// canary's with probability θ = ω·n_c/(ω·n_c+n_s). It is safe however common
// bad events are:
//
//   - b_c is a sum of independent trials with unequal chances (its generating
//     polynomial has real roots only), so that by Hoeffding the mean of every
//     exponential of b_c is at most that of a binomial with the same mean.
//   - The mean is at most b·θ where ω ≥ 1. Take one request of each version,
//     and let B be the chance that both are bad, A that only the canary's is,
//     and A' that only stable's is. Swapping the two shows A = ω·A', so that
//     their chances of being bad are as (B+ω·A') to (B+A'), at most as ω to 1.
//   - In the other direction (odds below the null's) the mean must not be too
//     small. It is at least that of ω' = 1+(ω-1)·(1-ω·b/(ω·n_c+n_s)), because A'
//     is at least the chance of stable's being bad times that of the canary's
//     not (bad events, drawn without replacement, are negatively associated).
func (n null) binomial(odds, logOdds float64) float64 {
	bad := n.CanaryBad + n.StableBad
	weighted := n.odds
	if odds < n.odds {
		weighted = 1 + (n.odds-1)*max(0, 1-n.odds*bad/(n.odds*n.CanaryTotal+n.StableTotal))
	}
	theta := weighted * n.CanaryTotal / (weighted*n.CanaryTotal + n.StableTotal)
	return n.CanaryBad*logOdds - bad*math.Log1p(theta*(odds/n.odds-1))
}

// LogTail is the logarithm of the chance that at least CanaryBad of the bad
// events are the canary's, at the given odds ratio.
func (s Split) LogTail(odds float64) float64 {
	tail := s.logTerm(s.CanaryBad, odds) + math.Log1p(s.above(s.CanaryBad, odds))
	return min(0, tail-s.logSum(odds))
}

// logSum is the logarithm of Σ_k C(n_c,k)·C(n_s,b-k)·ω^k, but for a constant of
// the totals. It sums from the largest term outwards until terms no longer
// count: their logarithms are concave in k.
func (s Split) logSum(odds float64) float64 {
	mode := s.mode(odds)
	return s.logTerm(mode, odds) + math.Log1p(s.above(mode, odds)+s.below(mode, odds))
}

const negligible = 1e-15

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

// logTerm is the logarithm of one term, but for log(n_c!·n_s!), which every ratio loses.
func (s Split) logTerm(k, odds float64) float64 {
	rest := s.CanaryBad + s.StableBad - k
	return k*math.Log(odds) - logFactorial(k) - logFactorial(s.CanaryTotal-k) - logFactorial(rest) - logFactorial(s.StableTotal-rest)
}

func logFactorial(n float64) float64 {
	value, _ := math.Lgamma(n + 1)
	return value
}
