// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/record"
)

func ended(second int, outcome record.Outcome) record.Rollout {
	return record.Rollout{Began: at(second), Ended: told(second + 1), Outcome: outcome}
}

func TestFilingTwiceKeepsOne(t *testing.T) {
	r, changed := record.Record{}.File([]record.Rollout{ended(0, record.Promoted)})
	if !changed {
		t.Fatal("nothing changed")
	}
	again := ended(0, record.Promoted)
	again.Ended = told(30) // of the controller that came after one that was killed
	twice, changed := r.File([]record.Rollout{again})
	if changed {
		t.Error("it was filed again")
	}
	if diff := cmp.Diff(r, twice); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsFiledIsReplacedOnlyByWhatKnowsMore(t *testing.T) {
	for name, test := range map[string]struct {
		old, new, want record.Outcome
	}{
		"an end that came otherwise in the end":                    {record.RolledBack, record.Cancelled, record.Cancelled},
		"a copy that lost its end":                                 {record.Promoted, record.Abandoned, record.Promoted},
		"a whole one in place of one that had lost its end before": {record.Abandoned, record.RolledBack, record.RolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := record.Record{Rollouts: []record.Rollout{ended(0, test.old)}}.File([]record.Rollout{ended(0, test.new)})
			if len(r.Rollouts) != 1 || r.Rollouts[0].Outcome != test.want {
				t.Errorf("%+v", r.Rollouts)
			}
		})
	}
}

func TestTheLastTenAreKept(t *testing.T) {
	var r record.Record
	for i := range 12 {
		r, _ = r.File([]record.Rollout{ended(i, record.Promoted)})
	}
	if n := len(r.Rollouts); n != 10 || !r.Rollouts[0].Began.Equal(at(2)) || !r.Rollouts[9].Began.Equal(at(11)) {
		t.Errorf("%d rollouts: %+v", n, r.Rollouts)
	}
	if same, changed := r.File([]record.Rollout{ended(0, record.Promoted)}); changed || !cmp.Equal(r, same) {
		t.Error("one that is too old to be kept was taken")
	}
	if _, changed := r.File([]record.Rollout{{}}); changed {
		t.Error("no rollout was taken for one")
	}
}
