// SPDX-License-Identifier: Apache-2.0

// Package observe gathers everything that is known of one target into a
// Snapshot for package rollout, together with the objects themselves (a World)
// for package apply.
//
// Its promises:
//
//   - It holds readers, and so cannot write.
//   - A target at rest is read from caches alone; the API server is asked only
//     about the templates of ReplicaSets that the cache did not keep, once
//     each, and about volume claims before a rollout begins.
//   - An API error is returned, and never read as "there is none".
//   - What it remembers (since when something has been so) may be lost at any
//     time: a restart makes Serin wait longer, never shorter.
package observe
