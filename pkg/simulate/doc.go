// SPDX-License-Identifier: Apache-2.0

// Package simulate plays a whole rollout in memory, with faults and modelled
// requests, and says how it ends: once as a transcript in the controller's own
// words, or many times as odds.
//
// Requests are drawn, and judged by the controller's own checks. They are
// independent of each other: bursts and shared incidents are in
// package analysis/montecarlo.
//
// One scenario and one seed give one transcript, line by line.
package simulate
