// SPDX-License-Identifier: Apache-2.0

// Package tally makes counts of intervals from raw samples of counters.
//
// The samples are read as they were scraped, and their increases are computed
// here rather than by PromQL's increase(), for four reasons:
//
//   - increase() cannot see the first value of a series. The first failures of
//     a version are the birth of a series, and would not be counted.
//   - increase() extrapolates to the edges of its window, so that a row of
//     windows counts some events twice and others never.
//   - increase() hides a reset, a gap and a series that vanished. Here each has
//     a name.
//   - An interval without a scrape is joined to the next one, so that a window
//     need not be a multiple of somebody's scrape interval.
//
// Promises:
//
//   - Every event is counted once over a row of intervals, at the first scrape
//     that shows it. A gap loses none, unless the counter began again in it.
//   - A counter that fell makes its interval one that does not count.
//   - A series that was not there when its process was scraped before counts
//     from zero. A series of a process that is seen for the first time does not,
//     because it may be old, except that a pod of the canary is always new.
//   - The same samples give the same intervals, whether they were taken one
//     interval at a time or all at once.
//
// The package is pure: it imports the standard library and package analysis,
// reads no clock and asks nobody.
package tally
