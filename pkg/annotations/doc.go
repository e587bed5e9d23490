// SPDX-License-Identifier: Apache-2.0

// Package annotations is the contract between Serin and the people who
// annotate a Deployment, as data.
//
// One table, Keys, drives parsing, defaults, messages and the reference page
// docs/annotations.md, so that they cannot disagree. The package is pure: it
// imports the standard library and other pure packages, reads no clock and
// asks nobody. Its promises:
//
//   - Read reports every mistake at once, sorted, each with what was found
//     and what to type instead. The same annotations give the same report.
//   - A key that cannot be read keeps its default in the plan, and the caller
//     gets a problem, so that a mistake never moves traffic.
//   - Every plan that Read returns can be walked: weights rise, the last one
//     is all of the traffic, no duration is negative.
//   - An unknown key under the prefix is a mistake, never silently ignored.
//   - What WriteMemo wrote, ReadMemo gives back. A memo that cannot be read is
//     an error and never an empty memo, which would start a rollout over.
//   - A controller reads the memo of a newer one: it passes over unknown fields.
package annotations
