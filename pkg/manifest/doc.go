// SPDX-License-Identifier: Apache-2.0

// Package manifest reads Kubernetes objects from files, and remembers where in
// them each field stands. It speaks with nobody.
//
// Its promises:
//
//   - An object reads as kubectl would read it.
//   - What cannot be read is a Problem with its place, and the rest is read all
//     the same: a person sees everything at once.
//   - No input makes it panic.
package manifest
