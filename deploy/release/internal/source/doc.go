// SPDX-License-Identifier: Apache-2.0

// Package source is what a release is made of: a checked-out commit, its time and its version.
//
// It promises that a release has one answer to "what is in it": a source with [Facts.Problems] is refused, and all of them are
// named at once.
package source
