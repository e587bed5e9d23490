// SPDX-License-Identifier: Apache-2.0

package measure_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/measure/tally"
)

// mesh is a Prometheus that has what the proxies of clients report of the
// workloads that a question names, and notes what it is asked.
type mesh struct {
	fake
	queries []string
	running int
	broken  func(query string) error
}

func (m *mesh) ask(ctx context.Context, query string) error {
	var broken func(string) error
	m.set(func() {
		m.queries, broken = append(m.queries, query), m.broken
		m.running++
	})
	defer m.set(func() { m.running-- })
	if broken != nil {
		if err := broken(query); err != nil {
			return err
		}
	}
	return m.note(ctx)
}

// under is how many questions are under way.
func (m *mesh) under() (n int) {
	m.set(func() { n = m.running })
	return n
}

// pace is how many requests a second a workload has: each stable another number.
func pace(workload string) float64 {
	if strings.HasSuffix(workload, "-canary") {
		return 10
	}
	n, _ := strconv.Atoi(strings.TrimPrefix(workload, "shop-"))
	return float64(100 + n)
}

var (
	named  = regexp.MustCompile(`destination_workload=~?"([^"]*)"`)
	bounds = regexp.MustCompile(`le=~"([^"]*)"`)
)

// every gives all that a list of alternatives names, once where there is no list.
func every(list *regexp.Regexp, query string) []string {
	found := list.FindStringSubmatch(query)
	if found == nil {
		return []string{""}
	}
	return strings.Split(found[1], "|")
}

// Raw scrapes every five seconds.
func (m *mesh) Raw(ctx context.Context, selector string, after, until time.Time) ([]tally.Series, error) {
	if err := m.ask(ctx, selector); err != nil || strings.Contains(selector, `"unknown"`) {
		return nil, err
	}
	var all []tally.Series
	for _, workload := range every(named, selector) {
		for _, le := range every(bounds, selector) {
			s := tally.Series{Labels: map[string]string{"reporter": "source", "source_workload": "web", "destination_workload": workload,
				"response_code": "200", "instance": "web", "le": strings.ReplaceAll(le, `\\`, "")}}
			for at := after.Truncate(5 * time.Second); !at.After(until); at = at.Add(5 * time.Second) {
				if at.After(after) {
					s.Points = append(s.Points, tally.Point{At: at.UnixMilli(), Value: pace(workload) * float64(at.Unix()-946_684_800+1000)})
				}
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// Range has one value for each workload that is named, and a histogram of
// stable's: half of the requests take up to 25 ms, and 99 of a hundred up to 250.
func (m *mesh) Range(ctx context.Context, query string, from, _ time.Time, _ time.Duration) ([]tally.Series, error) {
	if err := m.ask(ctx, query); err != nil || !strings.Contains(query, "istio") {
		return nil, err
	}
	one := func(labels map[string]string, value float64) tally.Series {
		return tally.Series{Labels: labels, Points: []tally.Point{{At: from.UnixMilli(), Value: value}}}
	}
	if strings.Contains(query, "by (le)") {
		var all []tally.Series
		for le, n := range map[string]float64{"25": 50_000, "250": 99_500, "+Inf": 100_000} {
			all = append(all, one(map[string]string{"le": le}, n))
		}
		return all, nil
	}
	var all []tally.Series
	for _, workload := range every(named, query) {
		all = append(all, one(map[string]string{"destination_workload": workload}, 1))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no workload is named in %s", query)
	}
	return all, nil
}
