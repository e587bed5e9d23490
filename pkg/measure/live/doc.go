// SPDX-License-Identifier: Apache-2.0

// Package live measures rollouts by a real Prometheus, which scrapes counters
// that the tests turn. It has tests only; "make test-integration" runs them,
// with the tag integration and with PROMETHEUS_BIN.
package live
