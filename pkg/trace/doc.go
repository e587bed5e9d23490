// SPDX-License-Identifier: Apache-2.0

// Package trace makes spans of what the record tells of a rollout.
//
// Its promises:
//
//   - A rollout is one trace: a root span for the whole, below it one for each
//     step, for what came before the first, for the promotion and for the way
//     back, and below these one for each wait. The spans below the root follow
//     on one another without a gap.
//   - Identifiers follow from the Deployment's UID, the instant at which the
//     rollout began, and the place of a span in it. Whoever reads the same
//     record makes the same spans, in another process, too.
//   - There is a span of what has ended only, with the times of the record.
//   - It is a function: nothing is sent, kept or asked.
package trace
