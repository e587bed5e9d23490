// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"slices"
	"strings"
	"time"
)

// The world's Deployments: a small Deployment controller, its ReplicaSets and
// their pods. Rolling updates keep every pod available and add one at a time.

const (
	startup = 3 * time.Second // of a pod
	slow    = 40 * time.Second
	grace   = 3 * time.Second // of a pod that ends
)

type pod struct {
	ready  time.Time
	gone   time.Time // when it ended; zero: it does not
	broken bool      // never becomes available
}

func (p *pod) available(now time.Time) bool {
	return p.gone.IsZero() && !p.broken && !now.Before(p.ready)
}

// set is a ReplicaSet, named by its template.
type set struct {
	template string
	desired  int
	pods     []*pod
}

func (r *set) live() int {
	n := 0
	for _, p := range r.pods {
		if p.gone.IsZero() {
			n++
		}
	}
	return n
}

func (r *set) available(now time.Time) int {
	n := 0
	for _, p := range r.pods {
		if p.available(now) {
			n++
		}
	}
	return n
}

// turn is one pass of the ReplicaSet controller and the kubelets.
func (r *set) turn(now time.Time, quota bool) {
	r.pods = slices.DeleteFunc(r.pods, func(p *pod) bool { return !p.gone.IsZero() && !now.Before(p.gone) })
	for r.live() < r.desired && !quota {
		p := &pod{ready: now.Add(startup), broken: strings.HasPrefix(r.template, "bad")}
		if strings.HasPrefix(r.template, "slow") {
			p.ready = now.Add(slow)
		}
		r.pods = append(r.pods, p)
	}
	for r.live() > r.desired {
		r.victim(now).gone = now.Add(grace)
	}
}

// victim is the pod that goes first: one that is not available, or the youngest.
func (r *set) victim(now time.Time) *pod {
	var found *pod
	for _, p := range r.pods {
		if p.gone.IsZero() && (found == nil || !p.available(now) || found.available(now)) {
			found = p
		}
	}
	return found
}

type deployment struct {
	template   string
	replicas   int
	paused     bool
	generation int64
	observed   int64
	scaled     int // the size that the last scaling was for
	sets       []*set
	version    int // resourceVersion
}

func (d *deployment) find(template string) *set {
	for _, r := range d.sets {
		if r.template == template {
			return r
		}
	}
	return nil
}

func (d *deployment) written() { d.version++; d.generation++ }

func (d *deployment) sum(of func(*set) int) int {
	n := 0
	for _, r := range d.sets {
		n += of(r)
	}
	return n
}

func (d *deployment) wanted() int { return d.sum(func(r *set) int { return r.desired }) }
func (d *deployment) live() int   { return d.sum((*set).live) }
func (d *deployment) pods() int   { return d.sum(func(r *set) int { return len(r.pods) }) }
func (d *deployment) available(now time.Time) int {
	return d.sum(func(r *set) int { return r.available(now) })
}

// complete is what the Deployment's status says of the wanted template.
func (d *deployment) complete(now time.Time) bool {
	r := d.find(d.template)
	if r == nil || d.observed < d.generation {
		return d.replicas == 0 && r == nil && d.pods() == 0
	}
	return r.live() == d.replicas && d.live() == d.replicas && d.available(now) == d.replicas
}

// turn is one pass of the Deployment controller.
func (d *deployment) turn(now time.Time) {
	d.observed = d.generation
	wanted := d.find(d.template)
	if wanted == nil && !d.paused {
		wanted = &set{template: d.template}
		d.sets = append(d.sets, wanted)
	}
	if d.paused || d.scaled != d.replicas {
		d.scale(wanted, now)
		d.scaled = d.replicas
		return
	}
	d.roll(wanted, now)
}

// scale is what the Deployment controller does of a paused Deployment, and of
// one whose size changed: the one active ReplicaSet gets the size, several
// share it.
func (d *deployment) scale(wanted *set, now time.Time) {
	var active []*set
	for _, r := range d.sets {
		if r.desired > 0 {
			active = append(active, r)
		}
	}
	switch {
	case len(d.sets) == 0:
	case len(active) == 1:
		active[0].desired = d.replicas
	case len(active) == 0 && wanted != nil:
		wanted.desired = d.replicas
	case len(active) == 0:
		d.sets[len(d.sets)-1].desired = d.replicas
	case wanted != nil && wanted.desired == d.replicas && wanted.available(now) == d.replicas:
		for _, r := range active {
			if r != wanted {
				r.desired = 0
			}
		}
	default:
		d.share(active)
	}
}

func (d *deployment) share(active []*set) {
	allowed := 0
	if d.replicas > 0 {
		allowed = d.replicas + 1
	}
	largest := slices.MaxFunc(active, func(a, b *set) int { return a.desired - b.desired })
	if more := allowed - d.wanted(); more > 0 {
		largest.desired += more
	}
	for d.wanted() > allowed {
		slices.MaxFunc(active, func(a, b *set) int { return a.desired - b.desired }).desired--
	}
}

// roll is a rolling update with maxSurge 1 and maxUnavailable 0.
func (d *deployment) roll(wanted *set, now time.Time) {
	room := d.replicas + 1 - d.wanted()
	wanted.desired = min(d.replicas, wanted.desired+max(0, room))
	surplus := d.wanted() - d.replicas - (wanted.desired - wanted.available(now))
	for _, r := range d.sets {
		if r == wanted {
			continue
		}
		for r.desired > r.available(now) && surplus > 0 {
			r.desired--
			surplus--
		}
	}
	spare := min(surplus, d.available(now)-d.replicas)
	for _, r := range d.sets {
		for r != wanted && r.desired > 0 && spare > 0 {
			r.desired--
			spare--
		}
	}
}
