// SPDX-License-Identifier: Apache-2.0

package record

import "slices"

// kept is how many rollouts a record holds.
const kept = 10

// File puts rollouts that ended into the record, the newest last, and reports
// whether that changed it. One that is there with the same outcome stays as it
// is, so that a controller that was killed between filing and forgetting files
// once. What was filed whole is not replaced by what lost its end.
func (r Record) File(done []Rollout) (Record, bool) {
	rollouts, changed := slices.Clone(r.Rollouts), false
	for _, one := range done {
		at := slices.IndexFunc(rollouts, one.is)
		switch {
		case one.Began.IsZero():
		case at < 0:
			rollouts, changed = append(rollouts, one), true
		case rollouts[at].Outcome != one.Outcome && (one.Outcome != Abandoned || rollouts[at].Outcome == ""):
			rollouts[at], changed = one, true
		}
	}
	slices.SortStableFunc(rollouts, func(a, b Rollout) int { return a.Began.Compare(b.Began) })
	rollouts = rollouts[max(0, len(rollouts)-kept):]
	return Record{Version: Version, Rollouts: rollouts}, changed && !same(r.Rollouts, rollouts)
}

// same reports that nothing but what is too old to be kept was added.
func same(a, b []Rollout) bool {
	return slices.EqualFunc(a, b, func(a, b Rollout) bool { return a.is(b) && a.Outcome == b.Outcome })
}
