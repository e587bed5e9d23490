// SPDX-License-Identifier: Apache-2.0

// Package prometheus is no code: its module says which Prometheus the tests
// run against. It is a module of its own, so that Prometheus chooses no version
// for the lab.
//
// Only the service discovery of Kubernetes is built in, by build tags: that
// halves the time of compiling. "go mod tidy" cannot be used here, because it
// asks for what Prometheus's own dependencies test themselves with.
package prometheus
