// SPDX-License-Identifier: Apache-2.0

// Package source asks a Prometheus, or what speaks its API, for samples.
//
// Promises: no answer is read beyond a bound; no question takes longer than the
// timeout; credentials and the token are read from their files each time, so
// that they may be rotated; an error says what to do about it, and the same
// error has the same words.
package source
