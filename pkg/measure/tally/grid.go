// SPDX-License-Identifier: Apache-2.0

package tally

import "time"

// Floor is the last instant of a grid that is not after another. Every grid is
// the multiples of its interval since 1970, so that whoever measures by the same
// interval reads at the same instants.
func Floor(at time.Time, interval time.Duration) time.Time {
	return time.UnixMilli(floor(at.UnixMilli(), interval.Milliseconds()))
}

// After is the first instant of a grid that is after another.
func After(at time.Time, interval time.Duration) time.Time { return Floor(at, interval).Add(interval) }

func floor(at, interval int64) int64 { return at - at%interval }
