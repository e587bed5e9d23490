// SPDX-License-Identifier: Apache-2.0

package eprocess

import "math"

// smallest is the smallest alternative, as a part of the tolerance: smaller ones
// gain the same from a request that is not bad.
const smallest = 1.0 / 1000

// Below is the wealth of bets that fewer than a certain part of the canary's
// requests are bad, whatever stable's are. It is what can be proved where hardly
// anything is bad: a ratio of two numbers that are nearly 0 cannot be.
//
// The hypothesis is that each request of the canary's is bad with a chance of at
// least the tolerance τ, given all that came before. An alternative q < τ
// multiplies its wealth by q/τ at a bad request and by (1-q)/(1-τ) at one that is
// not. The mean of that is 1 at a chance of τ, and less at a higher one, since the
// first factor is below the second. So the average over a grid of alternatives is
// an e-process (A. Wald's ratio, mixed; see also I. Waudby-Smith and A. Ramdas,
// "Estimating means of bounded random variables by betting", JRSS B 2024), and
// may be looked at whenever one likes. Its zero value is not usable.
type Below struct {
	tolerance float64
	parts     [points]float64 // the alternatives
	wealth    [points]float64 // logarithms
	log       float64         // of all wealth
	most      float64         // log of the most that one interval multiplies the evidence by
}

// NewBelow bets that the part is below the tolerance, which is in (0, 1), as alpha is.
func NewBelow(tolerance, alpha float64) *Below {
	b := &Below{tolerance: tolerance, most: -math.Log(alpha) * largestPart}
	for i := range points {
		step := math.Log(nearest) + math.Log(1/smallest/nearest)*float64(i)/(points-1)
		b.parts[i], b.wealth[i] = tolerance*math.Exp(-step), -math.Log(points)
	}
	return b
}

// Add lets every alternative bet on the canary's part of one interval. Dispersion
// is as for Process.Add, and so is the limit on what one interval can bring.
func (b *Below) Add(s Split, dispersion float64) {
	if s.CanaryTotal <= 0 {
		return
	}
	most := max(0, b.log) + b.most
	for i := range b.wealth {
		b.wealth[i] += b.gain(i, s.CanaryBad, s.CanaryTotal-s.CanaryBad) / dispersion
	}
	b.log = b.after(0, 0, 1)
	if beyond := b.log - most; beyond > 0 {
		for i := range b.wealth {
			b.wealth[i] -= beyond
		}
		b.log = b.after(0, 0, 1)
	}
}

// gain is the logarithm of what an alternative makes of bad and good requests.
func (b *Below) gain(i int, bad, good float64) float64 {
	return bad*math.Log(b.parts[i]/b.tolerance) + good*(math.Log1p(-b.parts[i])-math.Log1p(-b.tolerance))
}

// LogE is the logarithm of the evidence so far. It begins at 0.
func (b *Below) LogE() float64 { return b.log }

// Needs is about how many more requests to the canary bring the evidence to the
// logarithm goal, if such a part of them is bad. It is infinite where they never do.
func (b *Below) Needs(goal, part, dispersion float64) float64 {
	enough := math.Inf(1)
	for i := range b.wealth {
		if gain := b.gain(i, part, 1-part) / dispersion; gain > 0 {
			enough = min(enough, max(0, goal-b.wealth[i])/gain)
		}
	}
	if math.IsInf(enough, 1) {
		return enough
	}
	// The whole is convex in the number, so that it reaches the goal once.
	fewer := 0.0
	for range 60 {
		middle := (fewer + enough) / 2
		if b.after(middle, part, dispersion) < goal {
			fewer = middle
		} else {
			enough = middle
		}
	}
	return enough
}

// after is what the evidence is after so many requests more.
func (b *Below) after(requests, part, dispersion float64) float64 {
	sum := math.Inf(-1)
	for i, wealth := range b.wealth {
		sum = logAdd(sum, wealth+requests*b.gain(i, part, 1-part)/dispersion)
	}
	return sum
}

// Mean is the logarithm of the mean of two pieces of evidence against one
// hypothesis, each of whose logarithms is given. What never has a mean above 1
// under it has an average that has none either, so that this is an e-process as
// they are (V. Vovk and R. Wang, "E-values: calibration, combination and
// applications", Annals of Statistics 2021).
func Mean(a, b float64) float64 { return logAdd(a, b) - math.Ln2 }
