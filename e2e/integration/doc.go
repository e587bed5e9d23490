// SPDX-License-Identifier: Apache-2.0

// Package integration runs the real controller, as a process of its own,
// against the real control plane of the lab, and asserts what comes of it.
//
// Its only door to the API server is a proxy that the test owns. There its
// requests are counted, made to fail, or held up, and there the test finds out
// in which instant to kill it.
//
// Everything that happens to the objects of a namespace is recorded and can be
// played back in the order in which the API server stored it, so that a test
// asserts what was true at every instant rather than what it happened to see.
//
// The controller is $SERIN_BIN, or the nearest bin/serin above the working
// directory. It runs with the permissions of deploy/rbac.yaml and no others,
// behind deploy/fence.
package integration
