// SPDX-License-Identifier: Apache-2.0

// Package pack writes archives.
//
// It promises the same bytes from the same files and time, whoever packs them: no owner, no permissions but "may be run", no order
// but the one that is given.
package pack
