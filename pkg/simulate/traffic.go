// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// counter models requests: how many there were, and how many failed, interval by
// interval. Requests come independently of each other, so that a number of them
// has a Poisson distribution; each is bad by itself, so that the number of bad
// ones has a binomial one. An interval ends where the canary's share changes.
type counter struct {
	traffic Traffic
	rnd     *rand.Rand
	from    time.Time // beginning of the interval
	share   float64   // the canary's, in it

	began          time.Time // of the canary's traffic; zero: it has had none
	intervals      []analysis.Interval
	stable, canary analysis.Counts
	streams        map[string]*stream // by the name of the check
}

// shared notes that the canary has this share of the requests from now on.
func (c *counter) shared(at time.Time, share float64) {
	if share == c.share {
		return
	}
	c.sample(at)
	c.share = share
	if c.began.IsZero() {
		c.began = at
	}
}

// sample ends the interval.
func (c *counter) sample(at time.Time) {
	if !at.After(c.from) || c.traffic.RPS <= 0 {
		return
	}
	all := c.traffic.RPS * at.Sub(c.from).Seconds()
	i := analysis.Interval{From: c.from, To: at,
		Canary: c.count(all*c.share, c.traffic.CanaryErrors), Stable: c.count(all*(1-c.share), c.traffic.StableErrors)}
	c.intervals = append(c.intervals, i)
	add(&c.canary, i.Canary)
	add(&c.stable, i.Stable)
	c.from = at
}

func add(sum *analysis.Counts, more analysis.Counts) {
	sum.Bad += more.Bad
	sum.Total += more.Total
}

// count draws how many requests there are, and how many of them fail.
func (c *counter) count(expected, errors float64) analysis.Counts {
	total := c.poisson(expected)
	return analysis.Counts{Bad: c.binomial(total, errors), Total: total}
}

// many is where a normal distribution is as good as another, and quicker.
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

// binomial is how many of n are bad if each is with chance p.
func (c *counter) binomial(n, p float64) float64 {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p > 0.5:
		return n - c.binomial(n, 1-p)
	case n*p > many:
		return min(n, max(0, math.Round(n*p+math.Sqrt(n*p*(1-p))*c.rnd.NormFloat64())))
	}
	// From one bad one to the next.
	log, bad := math.Log1p(-p), 0.0
	for at := c.jump(log); at <= n; at += c.jump(log) {
		bad++
	}
	return bad
}

func (c *counter) jump(log float64) float64 { return math.Floor(-c.rnd.ExpFloat64()/log) + 1 }
