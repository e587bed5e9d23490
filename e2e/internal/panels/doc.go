// SPDX-License-Identifier: Apache-2.0

// Package panels reads what the chart's dashboards and alerts ask Prometheus,
// from the files that are shipped. It promises to find every query: of each
// panel, variable, annotation and alert.
package panels
