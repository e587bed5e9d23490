// SPDX-License-Identifier: Apache-2.0

// Package faults makes a sample misbehave on demand.
//
// Faults are one line of text, such as "error-rate=0.1,latency=200ms,crash-after=5s". Text that is not understood is refused
// as a whole, with every problem at once: half of what was asked for would make a test pass for the wrong reason.
package faults
