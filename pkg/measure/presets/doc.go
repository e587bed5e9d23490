// SPDX-License-Identifier: Apache-2.0

// Package presets knows the metrics by which requests are counted: Istio's,
// gRPC's own through OpenTelemetry, and HTTP metrics whose names are configured.
//
// For each it says which series to read, and what a series counts: for which
// version, whether it is a failure, who counted it. docs/measure.md is made
// from here.
//
// Promises:
//
//   - No request is counted twice, though two proxies report it.
//   - A failure is the server's: a request that the client made wrongly, or
//     gave up, is none. The codes of gRPC follow OpenTelemetry's conventions.
//   - A pod is stable's or the canary's by its whole name, so that neither
//     "shop-canary-…" nor the pods of a Deployment "shop-canary-admin" are taken
//     for those of "shop" or of its canary.
//
// The package is pure: strings in, strings out.
package presets
