// SPDX-License-Identifier: Apache-2.0

// Package journeys takes an application through whole rollouts on a real node, under load, and counts every request.
//
// The node runs kubelet, containerd and kube-proxy; in the mesh the clients are gRPC's own, told by a real istiod where to send
// each call, and without it HTTP clients that open a connection for each request to the Service's ClusterIP. Load runs from
// before the first move until after the last.
//
// What every journey asserts: no request failed but those that a bad canary answered; the shares that clients saw are those that
// Serin said; weights go up by the plan's steps and no further; at the end the VirtualService is what the user wrote, and nothing
// of ours is left. Each journey is a line in docs/proof.md, which "make e2e" writes.
package journeys
