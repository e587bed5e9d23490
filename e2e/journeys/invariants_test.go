// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/sample/report"
)

// noneFailed asserts that no request of the whole journey failed.
func (p *shop) noneFailed() {
	p.Helper()
	requests := p.count()
	for _, f := range requests.Failures {
		p.failed(f)
	}
	p.lostOnlyIn()
}

// onlyTheCanaryFailed asserts that the only requests which failed are those that a bad canary answered, or left unanswered in
// a moment in which clients could not know yet that a pod of it was lost: of each moment no more than the canary's share.
func (p *shop) onlyTheCanaryFailed(canary string) {
	p.Helper()
	for _, f := range p.count().Failures {
		switch f.Version {
		case canary:
			p.row.canary += f.Count
		case "": // see below
		default:
			p.failed(f)
		}
	}
	p.lostOnlyIn(p.moments()...)
}

// lostOnlyIn asserts that every request was answered, well or badly, but for those under way in the moments: of each moment no
// more than the canary's share. When a request started is not what counts, as it may have waited long to reach a pod.
func (p *shop) lostOnlyIn(moments ...moment) {
	p.Helper()
	lost := p.lost()
	for _, m := range moments {
		from, before := m.from, len(lost)
		lost = slices.DeleteFunc(lost, func(f report.FailedRequest) bool {
			if f.End.Before(m.from) || f.Start.After(m.to) {
				return false
			}
			if f.Start.Before(from) {
				from = f.Start
			}
			return true
		})
		n, total := before-len(lost), p.requests(from, m.to).Total
		p.row.canary += n
		if _, most := band(total, m.share, falseAlarms/comparisons); n > most {
			p.Errorf("from %s to %s, %d of %d requests were not answered, and the canary's share of %.3f gives no more than %d",
				clock(from), clock(m.to), n, total, m.share, most)
		}
	}
	for _, f := range lost {
		p.Errorf("a request of %s was never answered: %s at %s", clock(f.Start), f.Outcome, clock(f.End))
	}
}

func (p *shop) failed(f report.Failure) {
	p.Helper()
	p.Errorf("%d requests failed, begun between %s and %s, answered by %q: %s", f.Count, clock(f.First), clock(f.Last), f.Version, f.Outcome)
}

// clock is a time of a journey.
func clock(t time.Time) string { return t.Format("15:04:05.000") }

// count counts the requests of the whole journey, for the proof too.
func (p *shop) count() report.Requests {
	p.Helper()
	return p.countUntil(time.Time{})
}

// countUntil is count for the requests that began before a time.
func (p *shop) countUntil(to time.Time) report.Requests {
	p.Helper()
	requests := p.requests(p.began, to)
	p.row.requests, p.row.failed, p.row.resent, p.row.took = requests.Total, requests.Failed, requests.Resent, time.Since(p.began)
	if p.row.requests < rate {
		p.Errorf("only %d requests were made", p.row.requests)
	}
	return requests
}

// onlyAnswers asserts that from now on for a while nobody but the version answers.
func (p *shop) onlyAnswers(version string) {
	p.Helper()
	from := time.Now()
	time.Sleep(2 * time.Second)
	requests := p.requests(from, time.Time{})
	for other, n := range requests.Versions {
		if other != version {
			p.Errorf("%d of %d requests were still answered by %s", n, requests.Total, other)
		}
	}
}

// neverBack asserts that once the canary had all the traffic nobody was sent to anything else again.
func (p *shop) neverBack(version string) {
	p.Helper()
	held := p.steps()
	if len(held) == 0 || held[len(held)-1].weight != 1000 {
		p.Fatal("the canary never had all the traffic")
	}
	requests := p.requests(held[len(held)-1].from, time.Time{})
	for other, n := range requests.Versions {
		if other != version {
			p.Errorf("%d requests were answered by %s after all traffic was the canary's", n, other)
		}
	}
}

// climbs asserts that weights went up by the plan's steps alone, one after the other, and otherwise only down.
func (p *shop) climbs() {
	p.Helper()
	weights, err := p.Progress(app)
	if err != nil {
		p.Error(err)
	}
	steps := append([]int{0}, p.wants()...)
	for i := 1; i < len(weights); i++ {
		from, to := weights[i-1], weights[i]
		if to <= max(from, 0) {
			continue
		}
		if at := slices.Index(steps, to); at < 1 || steps[at-1] > max(from, 0) {
			p.Errorf("the weights jumped from %s to %s: %v", percent(from), percent(to), weights)
		}
	}
}

// weighted asserts which weights the routes had, one after the other.
func (p *shop) weighted(want ...int) {
	p.Helper()
	if p.mode == ratio {
		return
	}
	if weights, err := p.Progress(app); err != nil || !slices.Equal(weights, want) {
		p.Errorf("the weights were %v (%v), want %v", weights, err, want)
	}
}

// neverFewer asserts that once the application ran, as many pods served as the user wanted.
func (p *shop) neverFewer(replicas int) {
	p.Helper()
	seen := false
	p.Kept(app, func(e journal.Entry, canary, own int) {
		if seen = seen || canary+own >= replicas; seen && canary+own < replicas {
			p.Errorf("at %s only %d of the canary's and %d of the target's pods were endpoints", clock(e.At), canary, own)
		}
	})
}
