// SPDX-License-Identifier: Apache-2.0

package node

// The node is alone in its network, so that every lab can use the same addresses.
const (
	Name = "node"

	// IP is the node's address. It is not a loopback address, which the API refuses for endpoints, though the interface is:
	// that one is everywhere, and a bridge or a dummy would need modules and do no more.
	IP = "10.95.0.1"

	// PodCIDR is what the pods' addresses are taken from.
	PodCIDR = "10.128.0.0/16"

	// CgroupRoot is the prefix of the directories that labs have in the machine's cgroup hierarchies.
	CgroupRoot = "serin-lab-"
)
