// SPDX-License-Identifier: Apache-2.0

// Package guard proves the manifests in deploy/guard on a real API server,
// with no controller running: what a person or a tool sends, what the API
// server stores, what the Deployment controller makes of it, and what the
// person is told. It also asserts the behaviour of the API server that the
// guard and the memo rest on and that nobody promises.
package guard
