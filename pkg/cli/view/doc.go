// SPDX-License-Identifier: Apache-2.0

// Package view draws what package model tells, as text of a given width.
//
// It is pure: the same rollouts, instant, width and wish for colours give the
// same text. Its promises:
//
//   - Colour repeats what a word says, and is never the only one to say it.
//   - No line is wider than the width, where there is one: prose is wrapped, and
//     rows of a table are cut with an ellipsis.
package view
