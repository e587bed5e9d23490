// SPDX-License-Identifier: Apache-2.0

// Package story turns a record into text for people.
//
// It is pure: a record, a width and an instant give one text. Its promises:
//
//   - The newest rollout has the number 1; numbers count back from there.
//   - Nothing is shown that the record does not hold, and what it left out is
//     said where it is missing.
//   - No line is wider than the width, single words aside. A width of 0 is no limit.
package story
