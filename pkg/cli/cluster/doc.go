// SPDX-License-Identifier: Apache-2.0

// Package cluster is what the command knows of a cluster: how to reach it as the
// user, how to read what belongs to one Deployment, and how to follow it.
//
// Its promises:
//
//   - It speaks with the API server only, with the user's own permissions.
//   - A permission that is missing is named by verb, resource and namespace.
//   - What may not be read is left out and told; only the Deployment itself must be readable.
//   - An API server that goes away is waited for by what follows, and told of.
package cluster
