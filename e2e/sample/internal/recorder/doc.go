// SPDX-License-Identifier: Apache-2.0

// Package recorder remembers every request of a load generator, in bounded memory.
//
// A request is written down when it starts, so that records lie in order of their starts and one in flight is never
// overlooked; its end is added later. When the memory is full the oldest requests are forgotten, and reports say so.
package recorder
