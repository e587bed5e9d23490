// SPDX-License-Identifier: Apache-2.0

// Package product builds the programs of a release.
//
// It promises the same bytes from the same commit, in whatever folder and on whatever machine: the compiler is the one that go.mod
// names, nothing is linked that Go does not build, and no flag of the user's environment has a say.
package product
