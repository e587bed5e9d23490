// SPDX-License-Identifier: Apache-2.0

// Package collector takes traces by the OpenTelemetry protocol, over gRPC and HTTP, and keeps them for a test to look at.
//
// What it promises:
//
//   - Everything that arrived is kept in its order, what arrived twice twice.
//   - It listens on loopback only, from Open until Close.
package collector
