// SPDX-License-Identifier: Apache-2.0

// Package setup has the flags that say which Prometheus to ask, and what its
// labels and metrics are called. They are the same wherever Prometheus is asked.
package setup
