// SPDX-License-Identifier: Apache-2.0

package tally_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

var since = time.UnixMilli(1_000_000)

const interval = 10 * time.Second

// read takes the arm from a label, and what else there is.
func read(labels map[string]string) tally.Meaning {
	m := tally.Meaning{Total: 1, Group: labels["group"], Pod: labels["pod"], Own: labels["own"] != ""}
	m.Arm = map[string]tally.Arm{"stable": tally.Stable, "canary": tally.Canary, "unknown": tally.Unknown}[labels["arm"]]
	if labels["bad"] != "" {
		m.Bad = 1
	}
	if labels["reporter"] == "destination" {
		m.Rank = 2
	}
	return m
}

// line is a series with samples at seconds after the beginning.
func line(labels map[string]string, pairs ...float64) tally.Series {
	s := tally.Series{Labels: labels}
	for i := 0; i+1 < len(pairs); i += 2 {
		s.Points = append(s.Points, tally.Point{At: since.UnixMilli() + int64(pairs[i]*1000), Value: pairs[i+1]})
	}
	return s
}

type labels = map[string]string

// count is the spans in short: where each ends, its state and its counts.
func count(spans []tally.Span) (text []string) {
	for _, s := range spans {
		text = append(text, fmt.Sprintf("%g-%g %s stable %g/%g canary %g/%g unknown %g/%g", s.From.Sub(since).Seconds(), s.To.Sub(since).Seconds(), s.State,
			s.Stable.Bad, s.Stable.Total, s.Canary.Bad, s.Canary.Total, s.Unknown.Bad, s.Unknown.Total))
	}
	return text
}

func TestTake(t *testing.T) {
	t.Parallel()
	stable, canary := labels{"arm": "stable", "instance": "s"}, labels{"arm": "canary", "instance": "c", "own": "x"}
	for name, test := range map[string]struct {
		series []tally.Series
		until  float64
		want   []string
	}{
		"what was counted before does not count": {
			[]tally.Series{line(stable, -20, 900, -5, 1000, 5, 1007), line(canary, 5, 3)}, 10,
			[]string{"0-10  stable 0/7 canary 0/3 unknown 0/0"},
		},
		"a new pod of the canary counts from zero, a process that is seen for the first time does not": {
			[]tally.Series{line(stable, 5, 1000, 15, 1001), line(canary, 5, 3, 15, 4)}, 20,
			[]string{"0-10  stable 0/0 canary 0/3 unknown 0/0", "10-20  stable 0/1 canary 0/1 unknown 0/0"},
		},
		"the first failures of a process that was seen are the birth of a series": {
			[]tally.Series{line(stable, -5, 10, 5, 10), line(labels{"arm": "stable", "instance": "s", "bad": "x"}, 5, 4), line(canary, 5, 1)}, 10,
			[]string{"0-10  stable 4/4 canary 0/1 unknown 0/0"},
		},
		"an interval without a scrape is joined to the next": {
			[]tally.Series{line(stable, -5, 0, 5, 1, 35, 10), line(canary, 5, 1, 15, 2, 25, 3, 35, 4)}, 40,
			[]string{"0-10  stable 0/1 canary 0/1 unknown 0/0", "10-40  stable 0/9 canary 0/3 unknown 0/0"},
		},
		"a counter that fell": {
			[]tally.Series{line(stable, -5, 500, 5, 20, 15, 25), line(canary, 5, 1, 15, 2)}, 20,
			[]string{"0-10 CounterReset stable 0/20 canary 0/1 unknown 0/0", "10-20  stable 0/5 canary 0/1 unknown 0/0"},
		},
		"a counter that is no number": {
			[]tally.Series{line(stable, -5, 0, 5, math.NaN(), 8, 6), line(canary, 5, 1)}, 10,
			[]string{"0-10 NotANumber stable 0/6 canary 0/1 unknown 0/0"},
		},
		"no series of the canary's": {
			[]tally.Series{line(stable, -5, 0, 5, 2)}, 10, []string{"0-10 NoSeries stable 0/2 canary 0/0 unknown 0/0"},
		},
		"no series of stable's": {
			[]tally.Series{line(canary, 5, 2)}, 10, []string{"0-10 NoSeries stable 0/0 canary 0/2 unknown 0/0"},
		},
		"the canary of an earlier rollout does not make this one's known": {
			[]tally.Series{line(stable, -5, 0, 5, 2), line(labels{"arm": "canary", "instance": "old"}, -100, 7)}, 10,
			[]string{"0-10 NoSeries stable 0/2 canary 0/0 unknown 0/0"},
		},
		"series that mean nothing": {
			[]tally.Series{line(labels{"instance": "x"}, 5, 2)}, 10, nil,
		},
		"a scrape at the end of an interval is within, and one at its beginning is not": {
			[]tally.Series{line(stable, 0, 10, 10, 11, 20, 13), line(canary, 10, 1, 20, 2)}, 20,
			[]string{"0-10  stable 0/1 canary 0/1 unknown 0/0", "10-20  stable 0/2 canary 0/1 unknown 0/0"},
		},
		"the better of two reporters counts": {
			[]tally.Series{
				line(labels{"arm": "stable", "instance": "p", "group": "web", "reporter": "source"}, -5, 0, 5, 10),
				line(labels{"arm": "stable", "instance": "s", "group": "web", "reporter": "destination"}, -5, 0, 5, 9), line(canary, 5, 1),
			}, 10, []string{"0-10  stable 0/10 canary 0/1 unknown 0/0"},
		},
		"the worse one counts when the better did not come, and then for all that it saw": {
			[]tally.Series{
				line(labels{"arm": "stable", "instance": "s"}, -5, 0, 5, 1, 65, 2, 75, 3), line(canary, 5, 1, 65, 2, 75, 3),
				line(labels{"arm": "stable", "instance": "s", "group": "web", "reporter": "destination"}, 5, 4, 65, 6),
			}, 80, []string{"0-70  stable 0/8 canary 0/2 unknown 0/0", "70-80  stable 0/1 canary 0/1 unknown 0/0"},
		},
		"the worse one does not count when the better came later": {
			[]tally.Series{
				line(labels{"arm": "stable", "instance": "s"}, -5, 0, 5, 1, 25, 2), line(canary, 5, 1, 25, 2),
				line(labels{"arm": "stable", "instance": "s", "group": "web", "reporter": "destination"}, 5, 4, 25, 6),
				line(labels{"arm": "stable", "instance": "s", "group": "web", "reporter": "source"}, 25, 7),
			}, 30, []string{"0-30  stable 0/9 canary 0/2 unknown 0/0"},
		},
		"the better one that comes too late is passed over": {
			[]tally.Series{
				line(labels{"arm": "stable", "instance": "s", "group": "web", "reporter": "destination"}, -100, 0, 5, 4), line(canary, 5, 1),
				line(labels{"arm": "stable", "instance": "s", "group": "web", "reporter": "source"}, 5, 7),
			}, 10, []string{"0-10  stable 0/4 canary 0/1 unknown 0/0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans := func(step time.Duration) []string {
				all := tally.Tally{Since: since, Interval: interval, Read: read}
				var found []tally.Span
				until := since.Add(time.Duration(test.until) * time.Second)
				for from, to := since.Add(-5*time.Minute), since.Add(step); ; from, to = to, to.Add(step) {
					if to.After(until) {
						to = until
					}
					found = append(found, all.Take(between(test.series, from, to), to)...)
					if !to.Before(until) {
						return count(found)
					}
				}
			}
			if diff := cmp.Diff(test.want, spans(time.Hour)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.want, spans(interval)); diff != "" {
				t.Errorf("one by one: %s", diff)
			}
		})
	}
}

// between is what a query for a time would give.
func between(all []tally.Series, from, to time.Time) (some []tally.Series) {
	for _, s := range all {
		part := tally.Series{Labels: s.Labels}
		for _, p := range s.Points {
			if p.At > from.UnixMilli() && p.At <= to.UnixMilli() {
				part.Points = append(part.Points, p)
			}
		}
		if len(part.Points) > 0 {
			some = append(some, part)
		}
	}
	return some
}

func TestPending(t *testing.T) {
	t.Parallel()
	all := tally.Tally{Since: since, Interval: interval, Read: read}
	at := func(seconds int) time.Time { return since.Add(time.Duration(seconds) * time.Second) }
	expect := func(seconds int, want analysis.State) {
		t.Helper()
		if _, got, why := all.Pending(at(seconds), 90*time.Second); got != want || (why == "") != (want == "") {
			t.Errorf("after %d seconds: %q, %s", seconds, got, why)
		}
	}
	expect(0, analysis.NoSeries)
	stable, canary := labels{"arm": "stable", "instance": "s"}, labels{"arm": "canary", "instance": "c", "own": "x"}
	all.Take([]tally.Series{line(stable, -5, 0, 5, 1), line(canary, 5, 1)}, at(10))
	expect(10, analysis.Usable)
	all.Take([]tally.Series{line(stable, 15, 3)}, at(90))
	expect(90, analysis.Usable)
	all.Take([]tally.Series{line(stable, 95, 3)}, at(100))
	expect(100, analysis.Stale)
}

// However the samples are cut up, the spans are the same, and together they
// count every event once.
func TestTheSameSamplesGiveTheSameSpans(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		series, truth := history(random)
		whole := tally.Tally{Since: since, Interval: interval, Read: read}
		until := since.Add(61 * interval)
		want := whole.Take(series, until)
		parts := tally.Tally{Since: since, Interval: interval, Read: read}
		var got []tally.Span
		for from, to := since.Add(-5*time.Minute), since; from.Before(until); {
			got = append(got, parts.Take(between(series, from, to), to)...)
			from, to = to, to.Add(time.Duration(1+random.IntN(9))*interval)
			if to.After(until) {
				to = until
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		total := 0.0
		for _, s := range want {
			total += s.Stable.Total + s.Canary.Total
		}
		if len(want) == 0 || total != truth {
			t.Fatalf("seed %d: %g events in %d spans, and there were %g", seed, total, len(want), truth)
		}
	}
}

// history is ten minutes of some counters, with gaps, and how many events they
// show. Each is scraped at the end, so that all is seen.
func history(random *rand.Rand) (all []tally.Series, truth float64) {
	for i := range 2 + random.IntN(6) {
		arm := []string{"stable", "canary"}[i%2]
		s := tally.Series{Labels: labels{"arm": arm, "instance": fmt.Sprint(i), "pod": fmt.Sprint(i)}}
		value, gap := float64(random.IntN(1000)), false
		for at := -30 + random.IntN(15); at <= 600; at += 15 {
			if at > 0 {
				more := float64(random.IntN(5))
				value, truth = value+more, truth+more
			}
			if gap = random.IntN(10) == 0 || gap && random.IntN(3) > 0; !gap || at <= 0 {
				s.Points = append(s.Points, tally.Point{At: since.UnixMilli() + int64(at)*1000, Value: value})
			}
		}
		s.Points = append(s.Points, tally.Point{At: since.UnixMilli() + 601_000, Value: value})
		all = append(all, s)
	}
	return all, truth
}

// Ten thousand series are many for one workload: a hundred pods with a hundred
// combinations of clients and codes.
func BenchmarkTake(b *testing.B) {
	all := tally.Tally{Since: since, Interval: interval, Read: read}
	var series []tally.Series
	for i := range 10_000 {
		series = append(series, line(labels{"arm": []string{"stable", "canary"}[i%2], "instance": fmt.Sprint(i / 100), "code": fmt.Sprint(i % 100)}, -5, 0))
	}
	at := since
	all.Take(series, at)
	for b.Loop() {
		at = at.Add(interval)
		for i := range series {
			series[i].Points = []tally.Point{{At: at.UnixMilli() - 5000, Value: float64(at.Unix())}}
		}
		if len(all.Take(series, at)) != 1 {
			b.Fatal("an interval did not end")
		}
	}
}
