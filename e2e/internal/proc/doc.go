// SPDX-License-Identifier: Apache-2.0

// Package proc knows processes by number and start time, so that a number which the system has given to somebody else since
// is never waited for and never killed.
package proc
