// SPDX-License-Identifier: Apache-2.0

// Command lab is a Kubernetes control plane in one file: etcd, the API server, the controller manager, the scheduler, istiod
// and KWOK are linked in, so that a test needs neither Docker nor a download. So are kubelet and kube-proxy, for a real node.
//
// "lab up", "down", "exec" and "import" are for people and tests; the other sub-commands are the components themselves, under their own
// names and with their own flags. Nothing but this package links the heavy modules.
package main
