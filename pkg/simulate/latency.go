// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"math"
	"time"
)

// Latency is how long requests take: a log-normal distribution, given by two of
// its quantiles. The zero value takes no time.
type Latency struct{ P50, P99 time.Duration }

// ofP99 is the place of the p99 in a standard normal distribution.
var ofP99 = math.Sqrt2 * math.Erfinv(2*0.99-1)

func (l Latency) spread() float64 {
	return max(math.Log(float64(l.P99)/float64(l.P50))/ofP99, 1e-9)
}

// quantile is below which time so many of the requests are, in milliseconds.
func (l Latency) quantile(q float64) float64 {
	if l.P50 <= 0 {
		return 0
	}
	median := float64(l.P50) / float64(time.Millisecond)
	return median * math.Exp(l.spread()*math.Sqrt2*math.Erfinv(2*q-1))
}

// beyond is the part of requests that take longer than so many milliseconds.
func (l Latency) beyond(bound float64) float64 {
	if l.P50 <= 0 || bound <= 0 {
		return 0
	}
	median := float64(l.P50) / float64(time.Millisecond)
	return 0.5 * math.Erfc(math.Log(bound/median)/(l.spread()*math.Sqrt2))
}
