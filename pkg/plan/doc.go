// SPDX-License-Identifier: Apache-2.0

// Package plan says beforehand what a rollout will do, step by step: what it
// writes, how many pods it needs, how long it takes, and what it cannot split.
//
// It works nothing out by itself. It plays the rollout in package model, with
// pods that are available at once, and writes down what the controller did.
package plan
