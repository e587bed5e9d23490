// SPDX-License-Identifier: Apache-2.0

// Package server answers HTTP and gRPC with who it is, and misbehaves on demand.
//
// It drops no request when it is stopped: it is unready at once, but serves whoever still comes until endpoints have had time
// to propagate, and only then closes its doors and ends what is in flight. Probes, metrics and the faults' own page are never
// subject to faults, other than that of readiness.
package server
