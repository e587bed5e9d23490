// SPDX-License-Identifier: Apache-2.0

// Command demo plays three rollouts on a real control plane and shows them as its users would see them.
//
//  1. v1 → v2 by the weights of a VirtualService that a user wrote, promoted.
//  2. v3, whose pods crash: rolled back, with the pod's own words.
//  3. The same without a mesh, by the ratio of pods, promoted.
//
// It starts the lab (bin/lab) and the controller (bin/serin) in a temporary directory, needs neither root nor Docker nor a
// cluster nor kubectl, and ends with status 0 only if every act ended as promised and the VirtualService is again what the user
// wrote. What it started it ends, whether it is done, fails or is interrupted; KEEP=1 leaves it running.
//
// What is shown of a rollout is the plugin's: the demo runs "kubectl serin status -w --wait" (bin/kubectl-serin), which draws its
// live view on a terminal, and prints a line for each change elsewhere. In the view q ends the demo. Whether an act ended as
// promised the demo sees for itself, in the cluster: by Serin's Events, the VirtualService and the Deployments; and the plugin's
// exit code has to say the same.
package main
