// SPDX-License-Identifier: Apache-2.0

// Package analysis judges a canary by what was measured of it.
//
// Judge is all of it: a Policy, the Samples of its checks and an instant, to a
// Verdict. A comparison with stable rests on an e-process (package eprocess), a
// threshold on a row of readings.
//
// It is pure: it imports the standard library only, reads no clock and asks
// nobody. Its promises:
//
//   - Missing data is neither good nor bad: the zero Verdict is inconclusive,
//     and an inconclusive verdict never passes a step and never fails one.
//   - The same samples give the same verdict, byte for byte.
//   - What failed stays failed. So judging once is as good as after every sample.
//   - A healthy canary is failed by comparisons with a chance of at most
//     Policy.Alpha, all of them together, over the whole rollout.
//
// Pod health is judged elsewhere (package workload) and always. A rollout
// without checks gets the verdict of NoChecks, which passes.
package analysis
