// SPDX-License-Identifier: Apache-2.0

// Package doctor looks at everything that rollouts rely on, and says of each
// whether it is well and what to do where it is not.
//
// About a Deployment it asks what the controller itself would find wrong if the
// template changed now, by the controller's own package observe. Its promises:
//
//   - It changes nothing.
//   - What the user may not look at is told as not looked at, never as well.
package doctor
