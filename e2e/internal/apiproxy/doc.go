// SPDX-License-Identifier: Apache-2.0

// Package apiproxy is a controller's only door to the API server, which a test owns.
//
// The door speaks for an account of the test's choice, whatever the controller would say of itself, and it notes every
// request that goes through. A test lets a request pass, fail, or get lost, holds it up for as long as it likes, and learns of
// each answer before the controller does.
//
// What it promises:
//
//   - A request that no function was given for passes, with its answer as the API server wrote it, watches included.
//   - Functions are asked by namespace. What no namespace has one for, the one of the namespace "" decides.
//   - A function may wait, and may ask the API server itself. Requests are not in each other's way, so that several may be in
//     the same function at once.
//   - Calls are noted in the order in which they came in, and their number only grows.
package apiproxy
