// SPDX-License-Identifier: Apache-2.0

// Package lateistio takes an application through two rollouts in a cluster that Istio comes to between them.
//
// The lab begins without Istio's API, so it is one of its own. Serin is installed as for a cluster without Istio, runs all the
// while, and asks nobody whether proxies follow. HTTP clients of the ClusterIP are there from before the first rollout until after
// the second, and gRPC clients that follow istiod as soon as there is one.
package lateistio
