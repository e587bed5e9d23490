// SPDX-License-Identifier: Apache-2.0

package rollout_test

import "github.com/serin-dev/serin/pkg/rollout"

func broken(s rollout.Snapshot, d rollout.Decision) []string { return nil }
