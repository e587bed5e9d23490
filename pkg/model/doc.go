// SPDX-License-Identifier: Apache-2.0

// Package model plays a rollout in a cluster in memory: the objects, a small
// Deployment controller with its pods, a clock that jumps from one thing that
// happens to the next, and Serin itself. The last is no model: packages
// observe, rollout and apply are those that run in the controller, so what is
// played here cannot disagree with it.
//
// What it leaves out, on purpose: caches that lag, other writers, and proxies,
// which follow within the settle time.
package model
