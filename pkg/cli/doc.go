// SPDX-License-Identifier: Apache-2.0

// Package cli is the command kubectl-serin: it shows rollouts and writes the
// annotations by which a person steers them.
//
// It does nothing that kubectl annotate could not do. What it adds is a look
// before the leap: a command that makes no sense now is refused with what to
// type instead. Its promises:
//
//   - It speaks with the API server only, never with the controller.
//   - It writes annotations of the contract and nothing else, in one patch.
//   - It refuses to write to a Deployment that has not opted in.
//   - Status only reads, and shows what it may read when it may not read all.
package cli
