// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

func TestThreshold(t *testing.T) {
	rate := analysis.Check{Name: "rate", Kind: analysis.Threshold, Metric: analysis.SuccessRate, Bound: least(99.5), Failures: 3, Interval: tick}
	with := func(change func(*analysis.Check)) analysis.Check {
		check := rate
		change(&check)
		return check
	}
	state := func(at int, s analysis.State, r []analysis.Reading) []analysis.Reading {
		r = slices.Clone(r)
		r[at].State = s
		return r
	}
	total := with(func(c *analysis.Check) { c.Failures, c.Total = 0, 3 })
	many := with(func(c *analysis.Check) { c.MinRequests = 500 })
	late := with(func(c *analysis.Check) { c.InitialDelay = 2 * tick })
	slow := with(func(c *analysis.Check) { c.Interval = 2 * tick })
	none := with(func(c *analysis.Check) { c.Failures = 0 })
	range5 := with(func(c *analysis.Check) { low, high := 1.0, 5.0; c.Bound = analysis.Bound{Min: &low, Max: &high} })
	tests := map[string]struct {
		check    analysis.Check
		readings []analysis.Reading
		outcome  analysis.Outcome
		noData   bool
		words    string
	}{
		"no reading yet":                    {rate, nil, analysis.Inconclusive, true, "NotMeasured"},
		"good":                              {rate, readings(99.9), analysis.Passed, false, "99.9 (at least 99.5 is allowed) over 100 requests"},
		"the bound itself is good":          {rate, readings(99.5), analysis.Passed, false, ""},
		"bad once waits":                    {rate, readings(99.9, 90), analysis.Inconclusive, false, "1 bad in a row of the 3 that fail it"},
		"bad three times in a row":          {rate, readings(90, 90, 90), analysis.Failed, false, "90 (at least 99.5 is allowed) over 100 requests, 3 bad in a row"},
		"bad three times, not in a row":     {rate, readings(90, 90, 99.9, 90, 99.9), analysis.Passed, false, ""},
		"bad three times in all":            {total, readings(90, 99.9, 90, 99.9, 90), analysis.Failed, false, "3 bad in all"},
		"a failure stays":                   {rate, readings(90, 90, 90, 99.9, 99.9), analysis.Failed, false, ""},
		"without limits a bad one waits":    {none, readings(90, 90, 90, 90, 90, 90), analysis.Inconclusive, false, "6 bad in a row"},
		"missing data do not end a row":     {rate, state(1, analysis.Unreachable, readings(90, 0, 90, 90)), analysis.Failed, false, ""},
		"missing data do not lengthen one":  {rate, state(1, analysis.Unreachable, readings(90, 0, 90)), analysis.Inconclusive, false, ""},
		"missing data now":                  {rate, state(1, analysis.NoSeries, readings(99.9, 0)), analysis.Inconclusive, true, "NoSeries"},
		"several series":                    {rate, state(0, analysis.SeveralSeries, readings(99.9)), analysis.Inconclusive, true, "SeveralSeries"},
		"not a number":                      {rate, readings(math.NaN()), analysis.Inconclusive, true, "NotANumber"},
		"infinite":                          {rate, readings(math.Inf(-1)), analysis.Inconclusive, true, "NotANumber"},
		"too few requests":                  {many, readings(10, 10, 10, 10), analysis.Inconclusive, true, "TooFew (100 requests, 500 are asked for)"},
		"an unknown number of requests":     {many, []analysis.Reading{{At: at(1), Value: 100, Requests: -1}}, analysis.Inconclusive, true, "is not known"},
		"within the initial delay":          {late, readings(90, 90), analysis.Inconclusive, true, "TooEarly"},
		"the initial delay does not count":  {late, readings(90, 90, 99.9), analysis.Passed, false, ""},
		"readings between the intervals":    {slow, readings(90, 90, 90, 90), analysis.Inconclusive, false, "2 bad in a row"},
		"between two bounds, below":         {range5, readings(0.5), analysis.Inconclusive, false, "at least 1 and at most 5"},
		"between two bounds":                {range5, readings(3), analysis.Passed, false, ""},
		"the delay begins with the traffic": {late, append([]analysis.Reading{{At: at(-5), Value: 0}}, readings(90)...), analysis.Inconclusive, true, "TooEarly"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := analysis.Judge(comparing(test.check), map[string]analysis.Samples{"rate": {Readings: test.readings}}, at(max(1, len(test.readings))))
			if v.Outcome != test.outcome || v.NoData != test.noData || !strings.Contains(v.Evidence, test.words) {
				t.Errorf("%v, no data %v: %s", v.Outcome, v.NoData, v.Evidence)
			}
		})
	}
	v := analysis.Judge(comparing(rate), map[string]analysis.Samples{"rate": {Readings: readings(99.9)}}, at(1).Add(time.Minute+time.Second))
	if v.Outcome != analysis.Inconclusive || v.Checks[0].State != analysis.Stale {
		t.Errorf("stale: %v: %s", v.Outcome, v.Evidence)
	}
}
