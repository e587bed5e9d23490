// SPDX-License-Identifier: Apache-2.0

// Package rollout decides. Everything observed at one instant goes in (a
// Snapshot), the world wanted next and the reason for it come out (a Decision).
//
// It is pure: it imports the standard library and package analysis only, reads
// no clock, calls nobody and logs nothing. Its promises, each checked over
// random snapshots:
//
//   - Decide always decides, and deciding twice gives the same answer.
//   - The canary's weight grows only to what its available pods can carry, and
//     only while routes are known to be as they were asked for.
//   - No canary pod is taken away while routes send it traffic.
//   - The target is let go (unpaused) only onto the template that ran as the
//     canary at full weight, or where the user opted out.
//   - A bake that the plan wishes for is neither skipped nor cut short, unless a
//     person ends it; it begins once in each stay at full weight.
//   - A decision moves one hazard: it changes routes, or pods, never both in a
//     direction in which their order would matter.
//   - The target is never scaled to zero.
//   - Missing evidence never passes a step and never fails one.
//
// The policy is the table in rules.go; it is meant to be read aloud.
package rollout
