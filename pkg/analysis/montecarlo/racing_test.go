// SPDX-License-Identifier: Apache-2.0

//go:build race

package montecarlo_test

// The race detector makes everything ten times as slow; it looks for races, not for rates.
const slowdown = 20
