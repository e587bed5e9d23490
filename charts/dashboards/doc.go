// SPDX-License-Identifier: Apache-2.0

// Package dashboards makes the Grafana dashboards that the chart ships, in
// charts/serin/files/dashboards. It promises:
//
//   - They are of the last schema of Grafana's classic dashboards, have no
//     panel type that Grafana has removed, and no id of one Grafana.
//   - Which Prometheus is asked is a variable.
//   - Each panel says what it tells and what to do, and has a unit.
//
// That every query finds data is proved in e2e/integration, by a real
// Prometheus that scraped a real controller.
package dashboards
