// SPDX-License-Identifier: Apache-2.0

package share_test

import (
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/share"
)

var epoch = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// row is one interval of ten seconds after another: requests to the canary, of 1000.
func row(canary ...float64) (traffic []analysis.Interval) {
	for n, c := range canary {
		from := epoch.Add(time.Duration(n) * 10 * time.Second)
		traffic = append(traffic, analysis.Interval{From: from, To: from.Add(10 * time.Second),
			Canary: analysis.Counts{Total: c}, Stable: analysis.Counts{Total: 1000 - c}})
	}
	return traffic
}

func after(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

func TestFollow(t *testing.T) {
	t.Parallel()
	missing := row(250, 250)
	missing[0].State = analysis.Unreachable
	silent := row(0, 250)
	silent[0].Stable.Total = 0
	for name, test := range map[string]struct {
		weight  float64
		traffic []analysis.Interval
		from    time.Time
		since   time.Time
		off     string
	}{
		"nothing was counted":                     {0.25, nil, epoch, time.Time{}, ""},
		"requests follow at once":                 {0.25, row(250, 260), epoch, epoch, ""},
		"what was before the weight is left out":  {0.25, row(50, 250), after(10), after(10), ""},
		"requests follow late":                    {0.25, row(50, 51, 250), epoch, after(20), ""},
		"requests do not follow":                  {0.25, row(50, 51), epoch, time.Time{}, "51 of 1000 requests went to the canary (5.1%), and its weight is 25%"},
		"one surprise is chance":                  {0.25, row(250, 350), epoch, epoch, ""},
		"two surprises are none":                  {0.25, row(250, 400, 400), epoch, time.Time{}, "400 of 1000 requests went to the canary (40.0%), and its weight is 25%"},
		"two surprises apart are two times one":   {0.25, row(250, 350, 250, 250, 400), epoch, epoch, ""},
		"what could not be counted is left out":   {0.25, missing, epoch, after(10), ""},
		"what nobody asked for is left out":       {0.25, silent, epoch, after(10), ""},
		"a canary without requests does not have": {0.25, row(0), epoch, time.Time{}, "0 of 1000 requests went to the canary (0.0%), and its weight is 25%"},
		"few stragglers at the full weight":       {1, row(997), epoch, epoch, ""},
		"many at the full weight":                 {1, row(990), epoch, time.Time{}, "990 of 1000 requests went to the canary (99.0%), and its weight is 100%"},
		"a small weight has no slack for nothing": {0.01, row(0), epoch, time.Time{}, "0 of 1000 requests went to the canary (0.0%), and its weight is 1%"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := share.Follow(test.weight, test.traffic, test.from)
			if !got.Since.Equal(test.since) || got.Off != test.off {
				t.Errorf("got %+v, want since %v, off %q", got, test.since, test.off)
			}
		})
	}
}
