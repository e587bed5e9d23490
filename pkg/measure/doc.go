// SPDX-License-Identifier: Apache-2.0

// Package measure asks Prometheus for what the checks of a rollout need.
//
// A Follower follows each rollout that somebody asks for, in the background,
// and says at once what it knows. Package tally makes counts of samples,
// package presets knows the metrics, package source asks.
//
// Promises:
//
//   - To ask for samples never waits: a slow or dead Prometheus delays no
//     reconcile. So many questions are under way at most as may be asked side by side.
//   - What several rollouts want of one kind over the same time is one question.
//     Where it fails each is asked for by itself for a while, so that nobody waits
//     for another's longer than one question may take.
//   - A rollout that nobody asks for is forgotten, and nothing is asked for it.
//     Without a rollout there is no query.
//   - Everything is measured on a grid of instants, the same for all rollouts,
//     from samples with their own times. So a controller that was restarted
//     reads the same intervals again from Prometheus.
//   - What is missing has a name: an interval or a reading that cannot be used
//     says which state its data are in, and why.
//   - What cannot be asked for now is asked for later: when Prometheus is back,
//     the intervals in between are filled in.
package measure
