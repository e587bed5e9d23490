// SPDX-License-Identifier: Apache-2.0

// Package share compares the share of requests that a canary was seen to get
// with the weight that it should have.
//
// A proxy chooses the version of each request by itself, so that the number of
// requests that go to the canary is binomial. The band leaves out what happens
// in one of a thousand cases. It is pure.
package share

import "math"

// tail is the chance that is left out on either side.
const tail = 0.0005

// Within reports whether it is credible that so many of all requests went to
// the canary, if each did so with the chance that its weight gives (from 0 to 1).
// Without requests everything is.
func Within(weight, canary, all float64) bool {
	n, k := math.Round(all), math.Round(canary)
	switch {
	case n <= 0:
		return true
	case weight <= 0:
		return k <= 0
	case weight >= 1:
		return k >= n
	case k > n*weight:
		return above(n, weight, k) > tail
	default:
		return above(n, 1-weight, n-k) > tail
	}
}

// above is the chance of k successes or more in n trials, for k at or above
// the mean. From there on each term is smaller than the one before.
func above(n, p, k float64) float64 {
	term := math.Exp(choose(n, k) + k*math.Log(p) + (n-k)*math.Log1p(-p))
	sum := 0.0
	for ; k <= n && term > sum*1e-12; k++ {
		sum += term
		term *= (n - k) / (k + 1) * p / (1 - p)
	}
	return sum
}

// choose is the logarithm of the number of ways to take k of n.
func choose(n, k float64) float64 {
	a, _ := math.Lgamma(n + 1)
	b, _ := math.Lgamma(k + 1)
	c, _ := math.Lgamma(n - k + 1)
	return a - b - c
}
