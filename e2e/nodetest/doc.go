// SPDX-License-Identifier: Apache-2.0

// Package nodetest holds the tests of a lab with a real node. They take root and the programs that a node needs, so that they
// are apart from all others, and fail rather than skip where one is missing.
package nodetest
