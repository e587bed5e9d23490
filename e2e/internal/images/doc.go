// SPDX-License-Identifier: Apache-2.0

// Package images makes container images from programs that are already built: without a container runtime, without a registry,
// and the same bytes from the same programs.
//
// Each image is a file that "ctr -n k8s.io images import" takes. That of Serin is what the repository's Dockerfile describes;
// a test compares the two.
package images
