// SPDX-License-Identifier: Apache-2.0

// Package report is what the load generator tells about its requests, and the client that asks it.
//
// A request belongs to the moment at which it started. A range is [From, To), so that adjoining ranges count every request
// once. A range that lies in the past is answered when every request in it has ended: what it says is final.
package report
