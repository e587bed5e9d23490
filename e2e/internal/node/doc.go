// SPDX-License-Identifier: Apache-2.0

// Package node gives a lab namespaces and cgroups of its own, in which a real kubelet can run beside whatever else the machine
// does.
//
// A node is one process tree: process 1 of a PID namespace, with network, mount, IPC and UTS namespaces, and one directory in every
// cgroup hierarchy. The end of process 1 is the end of all of them but the cgroups, which CgroupOf finds again by the lab's directory.
//
// The machine's network, mounts and sysctls are never changed: there is no interface to the outside, /run and /var are private, and
// what the kubelet wants to write below /proc/sys lands in files of the node. Its file system is otherwise the machine's own.
// Needs reports everything that the machine lacks at once, before anything is started.
package node
