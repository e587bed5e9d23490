// SPDX-License-Identifier: Apache-2.0

// Package charts is no code: beside it lies the Helm chart, and its tests
// render that with Helm's own packages. It is a module of its own, so that
// Helm chooses no version for the product. The tests promise:
//
//   - The chart grants what deploy/ grants, and installs the same guard and the same fence.
//   - Where namespaces are named, it grants the same in these alone, and of the rest three reads by name.
//   - Every flag that it can write is one that the controller accepts.
//   - A value that is misspelt is refused.
//   - What it installs without values changes only on purpose.
package charts
