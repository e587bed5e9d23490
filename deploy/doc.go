// SPDX-License-Identifier: Apache-2.0

// Package deploy holds the manifests that install Serin, for people
// (kubectl apply -k) and for programs (the functions below). Both read the
// same files in the same order, the one that the kustomizations list.
package deploy
