// SPDX-License-Identifier: Apache-2.0

package tally_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/measure/tally"
)

func TestTheGridIsTheSameForAll(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ at, floor, after int64 }{{20_000, 20_000, 30_000}, {20_001, 20_000, 30_000}, {29_999, 20_000, 30_000}} {
		at := time.UnixMilli(test.at)
		if f, a := tally.Floor(at, interval), tally.After(at, interval); f.UnixMilli() != test.floor || a.UnixMilli() != test.after {
			t.Errorf("%d lies between %d and %d", test.at, f.UnixMilli(), a.UnixMilli())
		}
	}
}

// A rollout that begins between two instants has a shorter first span.
func TestTheFirstSpanEndsOnTheGrid(t *testing.T) {
	t.Parallel()
	stable, canary := labels{"arm": "stable", "instance": "s"}, labels{"arm": "canary", "instance": "c", "own": "x"}
	late := tally.Tally{Since: since.Add(7 * time.Second), Interval: interval, Read: read}
	spans := late.Take([]tally.Series{line(stable, 0, 10, 5, 20, 9, 23, 15, 24), line(canary, 9, 1, 15, 3)}, since.Add(2*interval))
	want := []string{"7-10  stable 0/3 canary 0/1 unknown 0/0", "10-20  stable 0/1 canary 0/2 unknown 0/0"}
	if diff := cmp.Diff(want, count(spans)); diff != "" {
		t.Error(diff)
	}
}
