// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"time"
)

// Samples are stale after so many intervals, and not before so long: sources
// answer with a delay of their own.
const (
	staleAfter = 3
	staleFrom  = time.Minute
)

// readings is a threshold check at work.
type readings struct {
	check    Check
	found    Readings
	excluded exclusions
	first    time.Time // when the canary first had traffic, as far as readings tell
	started  bool
	counted  time.Time // the newest reading that counted
	state    State     // of the newest reading
	why      string
	failed   string
}

// judgeReadings takes each reading once, in order. One without a value, or on
// too few requests, neither adds to a row of bad ones nor ends it.
func judgeReadings(check Check, samples Samples, now time.Time) CheckVerdict {
	r := readings{check: check, state: NotMeasured, why: "nothing has been measured yet"}
	r.found.Bound = check.Bound
	for _, reading := range samples.Readings {
		r.add(reading)
	}
	if n := len(samples.Readings); n > 0 && isStale(samples.Readings[n-1].At, now, check.Interval) {
		r.state, r.why = Stale, "no reading since "+clock(samples.Readings[n-1].At)
	}
	v := CheckVerdict{Name: check.Name, Kind: check.Kind, ReportOnly: check.ReportOnly, Query: samples.Query, Excluded: r.excluded, State: r.state}
	if v.Query == "" {
		v.Query = check.Query
	}
	if r.found.Counted > 0 {
		v.Readings = &r.found
	}
	v.Outcome, v.Evidence = r.judged()
	if v.Outcome == Failed {
		v.State = Usable
	}
	return v
}

func isStale(newest, now time.Time, interval time.Duration) bool {
	return interval > 0 && now.Sub(newest) > max(staleAfter*interval, staleFrom)
}

func (r *readings) add(reading Reading) {
	if !isNumber(reading.Requests) {
		reading.Requests = -1
	}
	state, why := r.stateOf(reading)
	if state != Usable {
		r.excluded.add(state, why, reading.At)
		r.state, r.why = state, why
		return
	}
	// Readings may come more often than the check counts them. A tenth of the
	// interval is left to clocks.
	if r.found.Counted > 0 && reading.At.Sub(r.counted) < r.check.Interval-r.check.Interval/10 {
		return
	}
	r.state, r.why, r.counted = Usable, "", reading.At
	r.found.Counted++
	r.found.Value, r.found.Requests = reading.Value, reading.Requests
	if r.check.Bound.holds(reading.Value) {
		r.found.InARow = 0
		return
	}
	r.found.Bad++
	r.found.InARow++
	r.convict()
}

func (r *readings) convict() {
	switch {
	case r.failed != "":
	case r.check.Failures > 0 && r.found.InARow >= r.check.Failures:
		r.failed = fmt.Sprintf("%s, %d bad in a row", r.measured(), r.found.InARow)
	case r.check.Total > 0 && r.found.Bad >= r.check.Total:
		r.failed = fmt.Sprintf("%s, %d bad in all", r.measured(), r.found.Bad)
	}
}

func (r *readings) stateOf(reading Reading) (State, string) {
	switch {
	case reading.State != Usable:
		return reading.State, reading.Why
	case !isNumber(reading.Value):
		return NotANumber, "the value is not a number"
	case r.isEarly(reading):
		return TooEarly, "within the initial delay of " + r.check.InitialDelay.String()
	case r.check.MinRequests > 0 && reading.Requests < 0:
		return TooFew, "the number of requests is not known"
	case r.check.MinRequests > 0 && !(reading.Requests >= r.check.MinRequests):
		return TooFew, fmt.Sprintf("%s requests, %s are asked for", number(reading.Requests), number(r.check.MinRequests))
	default:
		return Usable, ""
	}
}

// isEarly: the delay runs from the first reading that rests on requests, or
// that does not know.
func (r *readings) isEarly(reading Reading) bool {
	if !r.started && reading.Requests != 0 {
		r.first, r.started = reading.At, true
	}
	return r.check.InitialDelay > 0 && (!r.started || reading.At.Sub(r.first) < r.check.InitialDelay)
}

// holds tells whether a value is good: between the bounds, which are good themselves.
func (b Bound) holds(value float64) bool {
	return (b.Min == nil || value >= *b.Min) && (b.Max == nil || value <= *b.Max)
}

func (r *readings) judged() (Outcome, string) {
	switch {
	case r.failed != "":
		return Failed, r.failed
	case r.state != Usable:
		return Inconclusive, fmt.Sprintf("%s: %s", r.check.Name, because(r.state, r.why))
	case r.found.InARow > 0:
		return Inconclusive, r.measured() + r.patience()
	default:
		return Passed, r.measured()
	}
}

// patience says what a bad reading that does not fail the check yet waits for.
func (r *readings) patience() string {
	words := fmt.Sprintf(", %d bad in a row", r.found.InARow)
	if r.check.Failures > 0 {
		words += fmt.Sprintf(" of the %d that fail it", r.check.Failures)
	}
	if r.check.Total > 0 {
		words += fmt.Sprintf(", %d of %d in all", r.found.Bad, r.check.Total)
	}
	return words
}

func (r *readings) measured() string {
	words := fmt.Sprintf("%s: %s%s", r.check.Name, number(r.found.Value), r.check.Bound.words())
	if r.found.Requests >= 0 {
		words += fmt.Sprintf(" over %s requests", number(r.found.Requests))
	}
	return words
}
