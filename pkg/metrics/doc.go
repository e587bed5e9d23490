// SPDX-License-Identifier: Apache-2.0

// Package metrics is what Prometheus is told of rollouts and of this process.
//
// Its promises:
//
//   - What stands now (phase, weights, pods, checks) is made at the scrape from
//     what the last pass saw. A target that is gone, or that opted out, has no
//     series any more, and neither has a reason that has passed.
//   - A target at rest has few series, one under way has a bounded number; see
//     [MostSeries].
//   - Every metric has a line in docs/metrics.md, which is written from the code.
package metrics
