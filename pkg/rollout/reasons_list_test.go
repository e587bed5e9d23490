// SPDX-License-Identifier: Apache-2.0

package rollout_test

import "github.com/serin-dev/serin/pkg/rollout"

var documented = func() map[rollout.Reason]bool {
	known := map[rollout.Reason]bool{"Idle": false}
	for i := range rollout.RuleCount() {
		known[rollout.RuleReason(i)] = true
	}
	for _, r := range []rollout.Reason{rollout.CrashLoop, rollout.InvalidAnnotations} {
		known[r] = true
	}
	return known
}()
