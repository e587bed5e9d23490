// SPDX-License-Identifier: Apache-2.0

// Package monitoring is no code: its tests look at the chart's dashboards and
// alerts without a cluster. They promise:
//
//   - Each alert fires when it should and at no other time, by promtool's own
//     tests (testdata/alerts_test.yaml).
//   - Each query can be parsed, and asks only for metrics and labels that are documented.
//
// What the queries find is tried in e2e/integration.
package monitoring
