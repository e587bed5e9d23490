// SPDX-License-Identifier: Apache-2.0

// Package orders gives a person's commands to the controller: it looks, refuses
// what makes no sense now with what to type instead, writes one annotation, and
// waits until the controller has answered.
//
// It does nothing that kubectl annotate could not do. Its promises:
//
//   - It writes one annotation of the contract, in one patch.
//   - It refuses to write to a Deployment that has not opted in.
//   - What it says of the answer was read off the Deployment.
package orders
