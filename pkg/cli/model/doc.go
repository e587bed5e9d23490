// SPDX-License-Identifier: Apache-2.0

// Package model tells, from the objects of a cluster at one instant, where the
// rollout of one Deployment stands.
//
// It is pure: it imports no client and reads no clock. Its promises:
//
//   - It repeats what the controller said, in the condition and in the memo. What
//     nobody said is left empty.
//   - A word about another template is not taken for one about this template: a
//     condition that is older than the change says nothing of it.
//   - What could not be read is named, and not guessed.
package model
