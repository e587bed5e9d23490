// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure"
)

// stream is what one check has drawn so far. A number that was drawn stays.
type stream struct {
	taken    int // intervals of the counter
	rows     []analysis.Interval
	readings []analysis.Reading
	window   analysis.Counts // since the last reading
	since    time.Time
}

// answer is what a Prometheus would have measured of the modelled requests.
func (c *counter) answer(q measure.Question) measure.Answer {
	a := measure.Answer{Preset: "modelled requests", Samples: map[string]analysis.Samples{}}
	first, _ := slices.BinarySearchFunc(c.intervals, q.Since, func(i analysis.Interval, at time.Time) int { return i.From.Compare(at) })
	for _, i := range c.intervals[first:] {
		a.Traffic = append(a.Traffic, judged(i, q))
	}
	for _, check := range q.Checks {
		if check.Interval <= 0 {
			check.Interval = q.Interval
		}
		s := c.streams[check.Name]
		if s == nil {
			s = &stream{taken: first, since: q.Since}
			c.streams[check.Name] = s
		}
		for ; s.taken < len(c.intervals); s.taken++ {
			c.draw(s, check, c.intervals[s.taken])
		}
		a.Samples[check.Name] = s.samples(check, q)
	}
	return a
}

// draw takes an interval into a check's stream.
func (c *counter) draw(s *stream, check analysis.Check, i analysis.Interval) {
	switch check.Kind {
	case analysis.Latency:
		bound := c.traffic.StableLatency.quantile(check.Quantile)
		i.Stable.Bad = c.binomial(i.Stable.Total, 1-check.Quantile)
		i.Canary.Bad = c.binomial(i.Canary.Total, c.slow(check.Quantile, bound))
	case analysis.Threshold:
		add(&s.window, i.Canary)
		if i.To.Sub(s.since) >= check.Interval {
			s.readings = append(s.readings, c.reading(check, s.window, i.To))
			s.window, s.since = analysis.Counts{}, i.To
		}
		return
	case analysis.Errors:
	}
	s.rows = append(s.rows, i)
}

// slow is the part of the canary's requests beyond stable's quantile.
func (c *counter) slow(quantile, bound float64) float64 {
	if bound <= 0 { // no latency is modelled: both are alike
		return 1 - quantile
	}
	return c.traffic.CanaryLatency.beyond(bound)
}

// reading is a number of the canary. A query has no answer here, and is taken to be good.
func (c *counter) reading(check analysis.Check, requests analysis.Counts, at time.Time) analysis.Reading {
	r := analysis.Reading{At: at, Requests: requests.Total}
	if check.Query != "" && check.MinRequests == 0 {
		r.Requests = -1 // nobody asks
	}
	switch {
	case check.Query != "" && check.Bound.Min != nil:
		r.Value = *check.Bound.Min
	case check.Query != "" && check.Bound.Max != nil:
		r.Value = *check.Bound.Max
	case requests.Total == 0:
		r.State, r.Why = analysis.NoTraffic, "no request reached the canary"
	case check.Metric == analysis.LatencyQuantile:
		q := check.Quantile // of a sample: the quantile varies, and with it the value
		q += math.Sqrt(q*(1-q)/requests.Total) * c.rnd.NormFloat64()
		r.Value = c.traffic.CanaryLatency.quantile(min(max(q, 0.0005), 0.9999))
	default:
		r.Value = 100 * (1 - requests.Bad/requests.Total)
	}
	return r
}

// samples are the stream as a judge gets it.
func (s *stream) samples(check analysis.Check, q measure.Question) analysis.Samples {
	var all analysis.Samples
	for _, i := range s.rows {
		all.Intervals = append(all.Intervals, judged(i, q))
	}
	for _, r := range s.readings {
		if r.State == analysis.Usable && warming(q, r.At.Add(-check.Interval), r.At) {
			r.State, r.Why = analysis.WarmingUp, tooYoung
		}
		all.Readings = append(all.Readings, r)
	}
	return all
}

const tooYoung = "a pod of the canary is too young to be judged"

// judged adds what an interval that is right in itself may lack.
func judged(i analysis.Interval, q measure.Question) analysis.Interval {
	switch {
	case warming(q, i.From, i.To):
		i.State, i.Why = analysis.WarmingUp, tooYoung
	case i.Canary.Total == 0:
		i.State, i.Why = analysis.NoTraffic, "no request reached the canary"
	}
	return i
}

func warming(q measure.Question, from, to time.Time) bool {
	return slices.ContainsFunc(q.Warming, func(p measure.Period) bool { return p.From.Before(to) && from.Before(p.To) })
}
