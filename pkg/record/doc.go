// SPDX-License-Identifier: Apache-2.0

// Package record says what is kept of a target's rollouts for people to read
// later: each move and each long wait, with its reason, its numbers and what was
// written, and of a canary that failed its last words.
//
// It is pure: it imports the decisions and the standard library only, reads no
// clock and asks nobody. Its promises:
//
//   - It is never read back to decide. Losing it changes no rollout.
//   - It is bounded: a rollout, the rollouts kept, and every text in them. What
//     was left out is said where it was left out, and texts are cut between two
//     characters.
//   - Telling a decision twice records it once, and filing a rollout twice keeps
//     one of it.
//   - What looks like a credential is cut out of every text. The environment of
//     containers is never looked at.
//   - A later version's fields are tolerated, and a record that cannot be read
//     is an error, never an empty record.
package record
