// SPDX-License-Identifier: Apache-2.0

// Package inside lets the tests of one package run inside a lab that has a real node.
//
// Pods and ClusterIPs can be reached only from within the lab's namespaces, and the lab touches nothing of the machine's own
// network. So the test binary brings the lab up, runs itself again in there, and takes the lab down.
//
// Promises: the lab goes down however the tests end, an interrupted or killed one included; where the machine cannot run a
// node, the tests fail with everything that is missing, and are never skipped.
package inside
