// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// counter models requests: how many there were and how many failed, per
// interval and in all. Requests come independently of each other, so that a
// number of them has a Poisson distribution, and so has its part that fails.
type counter struct {
	traffic  Traffic
	rnd      *rand.Rand
	from     time.Time // beginning of the interval
	since    time.Time // up to when its shares are known
	now      float64   // the canary's share since then
	exposure float64   // seconds of the interval, each times the share

	intervals      []analysis.Interval
	stable, canary analysis.Counts
}

// share notes that the canary has this share of the requests from now on.
func (c *counter) share(at time.Time, share float64) {
	c.exposure += at.Sub(c.since).Seconds() * c.now
	c.since, c.now = at, share
}

// sample ends the interval.
func (c *counter) sample(at time.Time) {
	c.share(at, c.now)
	all := at.Sub(c.from).Seconds()
	i := analysis.Interval{From: c.from, To: at,
		Canary: c.count(c.exposure, c.traffic.CanaryErrors), Stable: c.count(all-c.exposure, c.traffic.StableErrors)}
	if i.Canary.Total == 0 {
		i.State, i.Why = analysis.NoTraffic, "no request reached the canary"
	}
	c.intervals = append(c.intervals, i)
	add(&c.canary, i.Canary)
	add(&c.stable, i.Stable)
	c.from, c.exposure = at, 0
}

func add(sum *analysis.Counts, more analysis.Counts) {
	sum.Bad += more.Bad
	sum.Total += more.Total
}

// count draws the requests of so many seconds, and how many of them fail.
func (c *counter) count(seconds, errors float64) analysis.Counts {
	expected := c.traffic.RPS * max(seconds, 0)
	bad := c.poisson(expected * errors)
	return analysis.Counts{Bad: bad, Total: bad + c.poisson(expected*(1-errors))}
}

// many is where a normal distribution is as good as a Poisson one, and quicker.
const many = 500

func (c *counter) poisson(mean float64) float64 {
	if mean > many {
		return max(0, math.Round(mean+math.Sqrt(mean)*c.rnd.NormFloat64()))
	}
	n := 0
	for gone := c.rnd.ExpFloat64(); gone < mean; gone += c.rnd.ExpFloat64() {
		n++
	}
	return float64(n)
}

func (p *player) verdict() analysis.Verdict {
	return p.scenario.Judge.Verdict(analysis.Samples{Intervals: p.counter.intervals}, p.world.Now)
}
