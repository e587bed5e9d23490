// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// This file is what journeys with an istiod of their own assert about where clients really are.

// holdsBeganAfter asserts that the clients moved no sooner than the delay after each change of routes, or else the journey would
// prove nothing, and that none of them was left behind when the hold began: its first second counts by itself.
func (p *shop) holdsBeganAfter(canary string, delay time.Duration) {
	p.Helper()
	written, before := p.written(), 0.0
	for _, s := range p.steps() {
		at := written[s.weight]
		if late := delay * 9 / 10; late > 0 { // the journal sees a change at about the time at which istiod does
			p.shareStayed(canary, at, at.Add(late), before)
		}
		p.shareStayed(canary, s.from, s.from.Add(time.Second), s.share)
		p.Logf("%s: written at %s, held from %s after", percent(s.weight), clock(at), s.from.Sub(at).Round(time.Millisecond))
		before = s.share
	}
}

// written is when the routes first had each weight.
func (p *shop) written() map[int]time.Time {
	at := map[int]time.Time{}
	p.Replay(func(e journal.Entry, v journal.View) {
		if e.Kind != "VirtualService" || e.Name != app {
			return
		}
		if weight, err := journal.WeightIn(v.Routes(app)); err == nil && at[weight].IsZero() {
			at[weight] = e.At
		}
	})
	return at
}

// shareStayed asserts that in a stretch of time the canary had one share.
func (p *shop) shareStayed(canary string, from, to time.Time, share float64) {
	p.Helper()
	requests := p.requests(from, to)
	answered, seen := requests.Answered(), requests.Versions[canary]
	if least, most := band(answered, share, falseAlarms/comparisons); seen < least || seen > most {
		p.Errorf("from %s to %s: %d of %d answers came from the canary, and a share of %.3f gives %d to %d",
			clock(from), clock(to), seen, answered, share, least, most)
	}
}

// standing is all that must not change while nobody knows where the clients are.
type standing struct {
	weight    int  // of the routes
	step      int  // of the memo
	wanted    int  // canary pods
	leaving   int  // canary pods that were told to go
	held      bool // the target's template
	promoting bool
}

func stands(v journal.View) (s standing) {
	s.weight, _ = journal.WeightIn(v.Routes(app))
	memo := v.Memo(app)
	s.step, s.promoting = memo.Weight, memo.Promoting
	if canary := v.Deployment(app + "-canary"); canary != nil {
		s.wanted = int(*canary.Spec.Replicas)
	}
	if d := v.Deployment(app); d != nil {
		s.held = d.Spec.Paused
	}
	for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
		if journal.IsCanary(pod) && pod.DeletionTimestamp != nil {
			s.leaving++
		}
	}
	return s
}

// nothingMoved asserts that between two instants no weight, no canary pod and no promotion moved.
func (p *shop) nothingMoved(from, to time.Time) {
	p.Helper()
	var before standing
	p.Replay(func(e journal.Entry, v journal.View) {
		now := stands(v)
		if e.At.After(from) && e.At.Before(to) && now != before {
			p.Errorf("at %s, %s %s: %+v became %+v", clock(e.At), e.Kind, e.Name, before, now)
		}
		before = now
	})
}

// waits lets time pass in which nothing is to happen.
func (p *shop) waits(d time.Duration) {
	p.Helper()
	select {
	case <-time.After(d):
	case <-p.Context().Done():
		p.Fatal(p.Context().Err())
	}
}
