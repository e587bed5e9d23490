// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// moment is a time in which clients could not know yet that a canary pod takes no more requests, and the most of their
// requests that the canary was given meanwhile.
type moment struct {
	from, to time.Time
	share    float64
	pod      string
}

// stamps have whole seconds, and who sets one may look at the clock a while after the fact on a busy machine.
const stamped = 2 * time.Second

// moments are those of all canary pods that ended or stopped to be ready by themselves, without overlaps.
func (p *shop) moments() []moment {
	var open, over []*moment
	served := map[string]time.Time{} // by pod that ever was ready: when it was last lost
	p.Replay(func(e journal.Entry, v journal.View) {
		if pod, ok := e.Object.(*corev1.Pod); ok && journal.IsCanary(pod) && !e.Gone {
			before, known := served[pod.Name]
			if at := lost(pod); known && at.After(before) {
				served[pod.Name] = at
				open = append(open, &moment{from: at.Add(-stamped), share: p.given(v), pod: pod.Name})
			}
			if journal.IsReady(pod) && !known {
				served[pod.Name] = lost(pod)
			}
		}
		open = slices.DeleteFunc(open, func(m *moment) bool {
			m.share = max(m.share, p.given(v))
			if p.leadsTo(v, m.pod) {
				return false
			}
			m.to = e.At.Add(reached)
			over = append(over, m)
			return true
		})
	})
	for _, m := range open {
		p.Errorf("clients were never kept from %s, which was lost at %s", m.pod, clock(m.from))
	}
	return merged(over)
}

// lost is when a canary pod last ended or stopped to be ready, unless it was told to go.
func lost(pod *corev1.Pod) (at time.Time) {
	if pod.DeletionTimestamp != nil {
		return at
	}
	for _, c := range pod.Status.ContainerStatuses {
		for _, end := range []*corev1.ContainerStateTerminated{c.State.Terminated, c.LastTerminationState.Terminated} {
			if end != nil && end.FinishedAt.After(at) {
				at = end.FinishedAt.Time
			}
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status != corev1.ConditionTrue && c.LastTransitionTime.After(at) {
			at = c.LastTransitionTime.Time
		}
	}
	return at
}

// given is the part of all requests that the canary is given.
func (p *shop) given(v journal.View) float64 {
	if p.mode == mesh {
		weight, _ := journal.WeightIn(v.Routes(app))
		return float64(max(weight, 0)) / 1000
	}
	canary, own := v.Endpoints(app)
	return float64(canary) / float64(max(canary+own, 1))
}

// leadsTo reports whether clients may still be sent to a canary pod that was lost: it is among the endpoints or, in the mesh,
// the routes lead to a canary that has none.
func (p *shop) leadsTo(v journal.View, pod string) bool {
	if canary, _ := v.Endpoints(app); canary == 0 {
		return p.mode == mesh && p.given(v) > 0
	}
	for name := range v.EndpointPods(app) {
		if name == pod {
			return true
		}
	}
	return false
}

// merged makes one of the moments that overlap.
func merged(moments []*moment) (apart []moment) {
	slices.SortFunc(moments, func(a, b *moment) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.pod, b.pod)) })
	for _, m := range moments {
		last := len(apart) - 1
		if last < 0 || m.from.After(apart[last].to) {
			apart = append(apart, *m)
			continue
		}
		apart[last].share = max(apart[last].share, m.share)
		if m.to.After(apart[last].to) {
			apart[last].to = m.to
		}
	}
	return apart
}
