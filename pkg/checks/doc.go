// SPDX-License-Identifier: Apache-2.0

// Package checks reads how a rollout is to be judged, as people write it down
// in a ConfigMap.
//
// It is pure: text in, an analysis.Policy or all problems out. Its promises:
//
//   - Every mistake is reported at once, in the order of the text, each with
//     its line, its place such as checks[2].interval, and what to write instead.
//   - An unknown field is a mistake, never silently ignored; so is one that is
//     written twice, and one that the kind of check does not have.
//   - A policy is returned only where there is no mistake, and then every
//     number in it is within its range.
//   - What is not written has the default that docs/checks.md names.
package checks
