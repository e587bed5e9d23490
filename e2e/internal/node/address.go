// SPDX-License-Identifier: Apache-2.0

package node

// The node is alone in its network, so that every lab can use the same addresses.
const (
	Name = "node"

	// IP is the node's address. It is not a loopback address, which the API refuses for endpoints, though the interface is:
	// that one is everywhere.
	IP = "10.95.0.1"

	// PodCIDR is what the pods' addresses are taken from.
	PodCIDR = "10.128.0.0/16"

	// Bridge is what the pods are connected to. With a route of its own for each pod instead, whenever a pod went, new
	// connections of others found no route for an instant.
	Bridge = "pods0"

	// CgroupRoot is the prefix of the directories that labs have in the machine's cgroup hierarchies.
	CgroupRoot = "serin-lab-"
)
