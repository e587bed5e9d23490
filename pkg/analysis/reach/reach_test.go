// SPDX-License-Identifier: Apache-2.0

package reach_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/analysis/reach"
	"github.com/serin-dev/serin/pkg/checks"
)

var usual = reach.Load{Rate: 50, Errors: 0.003}

func TestOf(t *testing.T) {
	t.Parallel()
	found := reach.Of(checks.Default(), usual, reach.Step{Share: 0.25, Time: 10 * time.Minute})
	if len(found) != 3 || found[0].Check != "errors" || found[0].Requests != 7500 {
		t.Fatalf("%+v", found)
	}
	errors, half := found[0], found[2]
	if errors.Smallest < 2 || errors.Smallest > 5 || errors.After[2] < 30 || errors.After[2] > 120 || errors.After[1] <= errors.After[2] || errors.After[0] <= errors.After[1] {
		t.Errorf("%+v", errors)
	}
	if half.Smallest <= 1 || half.Smallest >= 2 || half.After[1] != 0 || half.After[2] != 0 {
		t.Errorf("more than all requests cannot be slow: %+v", half)
	}
}

func TestNothingIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		load reach.Load
		step reach.Step
	}{
		"without requests":              {reach.Load{Errors: 0.003}, reach.Step{Share: 0.5, Time: time.Hour}},
		"without stable":                {usual, reach.Step{Share: 1, Time: time.Hour}},
		"without the canary":            {usual, reach.Step{Time: time.Hour}},
		"in no time":                    {usual, reach.Step{Share: 0.5}},
		"where stable never fails":      {reach.Load{Rate: 50}, reach.Step{Share: 0.5, Time: time.Hour}},
		"in less time than a sample":    {usual, reach.Step{Share: 0.5, Time: 9 * time.Second}},
		"where everything always fails": {reach.Load{Rate: 50, Errors: 1}, reach.Step{Share: 0.5, Time: time.Hour}},
	} {
		if got := reach.Of(checks.Default(), c.load, c.step)[0]; got.Smallest != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestMoreFindsMore: more requests, a larger share (up to a half) or more time never find less.
func TestMoreFindsMore(t *testing.T) {
	t.Parallel()
	of := func(rate, share float64, time time.Duration) float64 {
		smallest := reach.Of(checks.Default(), reach.Load{Rate: rate, Errors: 0.003}, reach.Step{Share: share, Time: time})[0].Smallest
		if smallest == 0 {
			return math.Inf(1)
		}
		return smallest
	}
	const slack = 1.15 // whole requests make small steps
	for _, rate := range []float64{5, 50, 500} {
		for _, share := range []float64{0.05, 0.1, 0.25} {
			base := of(rate, share, 5*time.Minute)
			for what, more := range map[string]float64{"requests": of(2*rate, share, 5*time.Minute), "share": of(rate, 2*share, 5*time.Minute), "time": of(rate, share, 10*time.Minute)} {
				if more > base*slack {
					t.Errorf("%g/s at %g: with more %s %g is found, and not %g", rate, share, what, more, base)
				}
			}
		}
	}
}

// TestChance: chance makes it longer in somewhat more than half of all rollouts.
func TestChance(t *testing.T) {
	t.Parallel()
	const rate, share, errors, ratio, rollouts = 100.0, 0.1, 0.01, 3.0, 200
	policy := checks.Default()
	policy.Checks = policy.Checks[:1]
	within := reach.Of(policy, reach.Load{Rate: rate, Errors: errors}, reach.Step{Share: share, Time: time.Hour})[0].After[1]
	rnd := rand.New(rand.NewPCG(1, 1))
	hits := 0.0
	for range rollouts {
		var row []analysis.Interval
		for at := 0.0; at < within; at += policy.Interval.Seconds() {
			from := time.Unix(int64(at), 0)
			row = append(row, analysis.Interval{From: from, To: from.Add(policy.Interval),
				Canary: draw(rnd, rate*share*policy.Interval.Seconds(), errors*ratio), Stable: draw(rnd, rate*(1-share)*policy.Interval.Seconds(), errors)})
		}
		if analysis.Judge(policy, map[string]analysis.Samples{"errors": {Intervals: row}}, row[len(row)-1].To).Outcome == analysis.Failed {
			hits++
		}
	}
	t.Logf("found within %v s in %.0f %% of %v rollouts", within, 100*hits/rollouts, rollouts)
	if part := hits / rollouts; part < 0.3 || part > 0.7 {
		t.Errorf("%.2f of them found it within %v s", part, within)
	}
}

func draw(rnd *rand.Rand, n, p float64) (c analysis.Counts) {
	for range int(n) {
		c.Total++
		if rnd.Float64() < p {
			c.Bad++
		}
	}
	return c
}
