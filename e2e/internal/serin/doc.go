// SPDX-License-Identifier: Apache-2.0

// Package serin runs the real controller as a process of its own, which a test may end and start again.
//
// What it promises:
//
//   - The controller never outlives the test's own process, however that ends. (Linux only.)
//   - Everything that it prints is kept, of all its lives, one after the other.
//   - A controller that has ended can be started again with the same flags, as the kubelet would.
package serin
