// SPDX-License-Identifier: Apache-2.0

package tally

import (
	"maps"
	"slices"
	"strings"
)

// Point is one sample of a series.
type Point struct {
	At    int64 // milliseconds since 1970, as Prometheus has them
	Value float64
}

// Series is a part of one series, oldest sample first.
type Series struct {
	Labels map[string]string
	Points []Point
}

// Arm is the version that a request went to.
type Arm int

// The arms. Requests of which nobody knows where they were to go are Unknown:
// a proxy that found no endpoint has no destination to tell.
const (
	Neither Arm = iota
	Stable
	Canary
	Unknown
	arms
)

// Meaning is what one more in a counter says.
type Meaning struct {
	Arm        Arm
	Total, Bad float64 // what is added for each
	Le         float64 // the upper bound of its bucket where the buckets themselves are wanted; otherwise 0
	Pod        string  // of stable, where the counter tells it
	Own        bool    // counted by the canary itself, which is always new

	// Where the same requests are counted by several reporters, Group says
	// which requests, and the reporter with the lowest Rank counts. An empty
	// Group has one reporter.
	Group string
	Rank  int
}

// line is what is known of one series.
type line struct {
	Meaning
	seen   bool
	last   float64
	gained float64 // since the last interval that took it
	resets int
	odd    int // samples that are no numbers
}

// identity is a series' labels as one string.
func identity(labels map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		text.WriteString(name)
		text.WriteByte(0)
		text.WriteString(labels[name])
		text.WriteByte(0)
	}
	return text.String()
}

// process is the scraped process that a series is of.
func process(labels map[string]string) string { return labels["job"] + "\x00" + labels["instance"] }
