// SPDX-License-Identifier: Apache-2.0

// Package permissions lists what the controller may do in a cluster, and why.
//
// It is the only such list. The file deploy/rbac.yaml and the rules of the Helm
// chart are written from it, and the controller asks the API server for each entry of it at start, so that a
// permission that is missing is named, with what stands still without it.
//
// It is pure: it imports Kubernetes types and no client. Its promises:
//
//   - Nothing is allowed by a wildcard.
//   - Every entry says what it is for.
//   - What the files grant and what the controller asks for are the same.
package permissions
