// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/sample/report"
)

// noneFailed asserts that no request of the whole journey failed.
func (p *shop) noneFailed() {
	p.Helper()
	requests := p.count()
	for _, f := range requests.Failures {
		p.Errorf("%d requests failed, between %s and %s, answered by %q: %s",
			f.Count, f.First.Format("15:04:05.000"), f.Last.Format("15:04:05.000"), f.Version, f.Outcome)
	}
}

// onlyTheCanaryFailed asserts that the only requests which failed are those that a bad canary answered, or left unanswered while
// its container ended: those of the moment in which one of its containers is seen to have ended.
func (p *shop) onlyTheCanaryFailed(canary string) {
	p.Helper()
	ends := p.canaryEnds()
	for _, f := range p.count().Failures {
		if f.Version == canary {
			p.row.canary += f.Count
			continue
		}
		if f.Version == "" && during(f, ends) {
			p.row.canary += f.Count
			continue
		}
		p.Errorf("%d requests failed, between %s and %s, answered by %q: %s",
			f.Count, f.First.Format("15:04:05.000"), f.Last.Format("15:04:05.000"), f.Version, f.Outcome)
	}
}

// reaction is how long clients may go on calling a container that has ended: until the kubelet has noticed, the pod is not
// ready, and the endpoints have reached them.
const reaction = 3 * time.Second

// during reports whether all of the failures lie within a moment after some container ended.
func during(f report.Failure, ends []time.Time) bool {
	near := func(at time.Time) bool {
		return slices.ContainsFunc(ends, func(end time.Time) bool { return at.After(end.Add(-reaction)) && at.Before(end.Add(reaction)) })
	}
	return near(f.First) && near(f.Last)
}

// canaryEnds are the times at which containers of canary pods are seen to have ended by themselves.
func (p *shop) canaryEnds() (ends []time.Time) {
	seen := map[string]bool{}
	p.Replay(func(e journal.Entry, _ journal.View) {
		pod, ok := e.Object.(*corev1.Pod)
		if !ok || !journal.IsCanary(pod) {
			return
		}
		for _, status := range pod.Status.ContainerStatuses {
			for _, end := range []*corev1.ContainerStateTerminated{status.State.Terminated, status.LastTerminationState.Terminated} {
				if end != nil && !seen[end.ContainerID] {
					seen[end.ContainerID] = true
					ends = append(ends, e.At)
				}
			}
		}
	})
	return ends
}

// count counts the requests of the whole journey, for the proof too.
func (p *shop) count() report.Requests {
	p.Helper()
	requests := p.requests(p.began, time.Time{})
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
