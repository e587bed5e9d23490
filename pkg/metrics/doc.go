// SPDX-License-Identifier: Apache-2.0

// Package metrics counts moves and tells which guard is active. State that can
// be read from objects is not kept here.
package metrics
