// SPDX-License-Identifier: Apache-2.0

// Package manifest writes what people install from: the manifests of deploy/ in one file, and the manifest of the kubectl plugin.
//
// It promises that both name what this release holds, by content: the image by its digest, the archives by their checksums.
package manifest
