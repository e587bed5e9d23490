// SPDX-License-Identifier: Apache-2.0

// Package lint finds what is wrong with manifests before they are applied: all
// of it at once, each with the line to change.
//
// Most of it is what the controller itself would complain of. It is asked, in
// package model, so that the two cannot disagree. An error keeps a rollout from
// moving; a warning is something that a person should know before it moves; a
// note is what could not be looked at.
package lint
