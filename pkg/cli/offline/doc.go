// SPDX-License-Identifier: Apache-2.0

// Package offline has the commands that look at manifests before they are
// applied: plan, lint and simulate.
//
// Its promises:
//
//   - It writes to no cluster, and reads one only where --server asks for it;
//     --prometheus asks a Prometheus, and nothing else.
//   - What it says is what the controller's own packages say.
//   - Everything that is wrong is said at once, with what to type.
package offline
