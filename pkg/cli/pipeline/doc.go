// SPDX-License-Identifier: Apache-2.0

// Package pipeline takes a new template out and follows it to its end: the step
// of a delivery pipeline.
//
// Its promises:
//
//   - It ends well only when the template that it wrote serves everybody. A
//     condition that speaks of another template does not count.
//   - Another person's template, which takes the place of its own, ends it with
//     an outcome of its own.
//   - An API server that goes away is waited for; a controller that says nothing
//     is told of, and waited for as well.
//   - Interrupted, it leaves the rollout as it is, unless it was asked to abort.
package pipeline
