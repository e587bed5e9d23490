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
	from := p.began
	for _, m := range p.moments() {
		p.allAnswered(from, m.from)
		requests := p.requests(m.from, m.to)
		_, n := unanswered(requests)
		p.row.canary += n
		if _, most := band(requests.Total, m.share, falseAlarms/comparisons); n > most {
			p.Errorf("from %s to %s, %d of %d requests were not answered, and the canary's share of %.3f gives no more than %d: %v",
				m.from.Format("15:04:05.000"), m.to.Format("15:04:05.000"), n, requests.Total, m.share, most, requests.Failures)
		}
		from = m.to
	}
	p.allAnswered(from, time.Time{})
}

// allAnswered asserts that every request of a time was answered, well or badly.
func (p *shop) allAnswered(from, to time.Time) {
	p.Helper()
	failures, _ := unanswered(p.requests(from, to))
	for _, f := range failures {
		p.failed(f)
	}
}

func (p *shop) failed(f report.Failure) {
	p.Helper()
	p.Errorf("%d requests failed, between %s and %s, answered by %q: %s",
		f.Count, f.First.Format("15:04:05.000"), f.Last.Format("15:04:05.000"), f.Version, f.Outcome)
}

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
	weights, err := p.Weights(app)
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
	if weights, err := p.Weights(app); err != nil || !slices.Equal(weights, want) {
		p.Errorf("the weights were %v (%v), want %v", weights, err, want)
	}
}

// neverFewer asserts that once the application ran, as many pods served as the user wanted.
func (p *shop) neverFewer(replicas int) {
	p.Helper()
	seen := false
	p.Replay(func(e journal.Entry, v journal.View) {
		canary, own := v.Endpoints(app)
		if seen = seen || canary+own >= replicas; seen && canary+own < replicas {
			p.Errorf("at %s only %d of the canary's and %d of the target's pods were endpoints", e.At.Format("15:04:05.000"), canary, own)
		}
	})
}
