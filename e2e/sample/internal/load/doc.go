// SPDX-License-Identifier: Apache-2.0

// Package load asks a service at a steady rate, and remembers every answer.
//
// The loop is open: a request starts when it is due, whatever became of those before. A request is tried once, by nobody twice:
// what would be retried in silence is a failure here. (gRPC itself repeats a call that a server refused with GOAWAY without
// having looked at it; that is part of how servers stop.)
package load
