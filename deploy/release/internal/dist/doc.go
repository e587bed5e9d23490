// SPDX-License-Identifier: Apache-2.0

// Package dist makes the folder of files that a release carries.
//
// It promises that the folder holds this release and nothing else, that checksums.txt has a line for each of its files, and that
// the same commit makes the same files.
package dist
