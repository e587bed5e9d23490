// SPDX-License-Identifier: Apache-2.0

// Package image makes the image of the controller, for all its platforms, without a container runtime.
//
// It promises what the repository's Dockerfile describes (a test compares the two), with a digest that follows from the programs,
// the version and the time alone. What is pushed is what was written: the registry shows the digest that the release names.
package image
