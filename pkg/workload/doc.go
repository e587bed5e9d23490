// SPDX-License-Identifier: Apache-2.0

// Package workload knows Deployments and their pods: it builds the canary
// Deployment, tells templates apart, and says how a canary's pods fare.
//
// It is pure: it handles objects of k8s.io/api and never a client, reads no
// clock and logs nothing. Its promises:
//
//   - No argument is ever changed. What is returned shares no memory with it.
//   - The canary's pods run exactly the target's template with two labels more.
//   - The target and its canary never claim each other's pods: the canary's
//     selector is a label that no pod of the target has.
//   - Nothing that makes another tool adopt, prune, rewrite or opt in a
//     Deployment is copied to the canary.
//   - Two templates are the same when they mean the same. They are compared,
//     never hashed, so that no upgrade makes an old template look new.
//   - A failure is only what does not heal by waiting. What may still heal is
//     something to wait for, until the deadline.
//   - The same pods in another order give the same words.
package workload
