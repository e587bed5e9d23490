// SPDX-License-Identifier: Apache-2.0

package analysis

import "time"

// State names what is wrong with a piece of data. The zero value is Usable;
// every other one waits, and is neither good nor bad.
type State string

// The states of data.
const (
	Usable        State = ""
	Unreachable   State = "Unreachable"   // the source did not answer, or answered with an error
	NoSeries      State = "NoSeries"      // the query found nothing
	SeveralSeries State = "SeveralSeries" // a query that must give one value gave more
	Stale         State = "Stale"         // the newest sample is too old
	NotANumber    State = "NotANumber"    // NaN or infinite
	CounterReset  State = "CounterReset"  // a counter fell in the interval, so its increase is not known
	NoTraffic     State = "NoTraffic"     // no requests reached the canary
	TooFew        State = "TooFew"        // fewer requests than the check asks for
	WarmingUp     State = "WarmingUp"     // the canary's pods are too young to be judged
)

// The states that only Judge gives.
const (
	NotMeasured State = "NotMeasured" // nothing has been asked yet
	TooEarly    State = "TooEarly"    // within the check's initial delay
	Overlapping State = "Overlapping" // begins before the last one that counted ends, so that events would count twice
)

// Counts are requests of an interval: how many there were, and how many of
// them were bad (failed, or slower than a bound). Both are increases of
// counters, so they need not be whole numbers.
type Counts struct {
	Bad   float64 `json:"bad"`
	Total float64 `json:"total"`
}

// Interval is what was counted between two instants, both versions alike, so
// that each event is counted once over a row of intervals. One in which the
// weight changes is as good as others, unless an incident begins in it, too: that
// hits the versions unequally. No interval convicts by itself.
type Interval struct {
	From, To time.Time
	State    State  // unless Usable, the counts do not count
	Why      string // the state in words

	Stable, Canary Counts
	// Unserved is how many of these requests, of both versions, only clients saw:
	// they found no endpoint, and nobody knows for certain which version they were for.
	Unserved float64
	// Pods are stable's counts, pod by pod, where the source can tell them
	// apart: how much pods differ of themselves. They count also where the
	// state is WarmingUp or NoTraffic, which are about the canary.
	Pods []Counts
}

// Reading is one value of a threshold check at one instant.
type Reading struct {
	At       time.Time
	State    State  // unless Usable, the value does not count
	Why      string // the state in words
	Value    float64
	Requests float64 // that the value rests on; negative where that is not known
}

// Samples are all that was measured for one check since the rollout began,
// oldest first. A comparison has intervals, a threshold has readings.
type Samples struct {
	Query     string // what was asked, for people to ask again
	Intervals []Interval
	Readings  []Reading
}
