// SPDX-License-Identifier: Apache-2.0

// Package metrics gives a process the metrics that it would have in a mesh: Istio's standard names, labels and buckets for
// every request, and gRPC's own through OpenTelemetry.
//
// What only a sidecar knows (certificates, clusters) has Istio's word for it, "unknown".
package metrics
