// SPDX-License-Identifier: Apache-2.0

// Package analysis judges a canary by what was measured of it.
//
// It is pure: it imports the standard library only, reads no clock and asks
// nobody. Its promises:
//
//   - Missing data is neither good nor bad: the zero Verdict is inconclusive,
//     and an inconclusive verdict never passes a step and never fails one.
//   - The same samples give the same verdict.
//
// Pod health is judged elsewhere (package workload) and always. A rollout
// without checks gets the verdict of NoChecks, which passes.
package analysis
