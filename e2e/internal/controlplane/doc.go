// SPDX-License-Identifier: Apache-2.0

// Package controlplane knows how the components of a lab are configured, in which order they come up, and when each is ready.
//
// It starts processes only through the function that it is given and ends none, so that one owner keeps account of them.
// "Ready" is always observed from outside, as a user would see it: a default ServiceAccount, an established CRD, a Ready node.
package controlplane
