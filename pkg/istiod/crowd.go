// SPDX-License-Identifier: Apache-2.0

package istiod

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// rested is after how long in which nothing was asked the proxies that were
	// connected then tell nothing any more: pods come and go.
	rested = 10 * time.Minute

	// sought is how many pods are looked up in one round.
	sought = 10

	// comeback is after how long a connection that was lost is back if it is to
	// come back at all: gRPC's clients try again after at most 144 seconds.
	comeback = 150 * time.Second
)

// crowd is the proxies that are known to be about: those that were connected
// when istiod was last asked, and those that have left since although they run.
//
// An istiod that has just started knows of nobody. Its clients come back within
// seconds or minutes, and send requests by the routes that they had until then.
// A gRPC application may have several connections under one name, and each of
// them comes back by itself.
type crowd struct {
	asked time.Time
	last  map[string]int       // connections when last asked
	known map[string]int       // connections that there should be
	short map[string]time.Time // since when there are some, but fewer
}

// wake forgets what is too old. Questions that find no answer count, too: the
// longer istiod is away, the more it matters who was there before.
func (c *crowd) wake(now time.Time) {
	if now.Sub(c.asked) > rested {
		c.last, c.known, c.short = nil, map[string]int{}, map[string]time.Time{}
	}
	c.asked = now
}

// see takes note of who is connected, and lists those that have lost every
// connection (missing) or some (partly). While a proxy changes from one istiod to
// another it may be seen twice for a moment, so that more connections count once
// they were seen two times.
func (c *crowd) see(connected []Proxy, now time.Time) (missing, partly []string) {
	here := make(map[string]int, len(connected))
	for _, p := range connected {
		here[p.ID]++
	}
	for id, n := range here {
		c.known[id] = max(c.known[id], min(n, max(1, c.last[id])))
	}
	c.last = here
	for id, n := range c.known {
		switch {
		case here[id] == 0:
			missing = append(missing, id)
		case here[id] >= n:
			delete(c.short, id)
		case c.short[id].IsZero():
			c.short[id] = now
			partly = append(partly, id)
		case now.Sub(c.short[id]) < comeback:
			partly = append(partly, id)
		default:
			c.known[id] = here[id]
			delete(c.short, id)
		}
	}
	return missing, partly
}

// away lists the proxies that are not connected any more although they run.
func (f *Follower) away(ctx context.Context, connected []Proxy, now time.Time) []string {
	missing, away := f.crowd.see(connected, now)
	slices.Sort(missing)
	for i, id := range missing {
		if i >= sought || f.runs(ctx, id, now) { // the others are looked up later, and are about until then
			away = append(away, id)
		} else {
			delete(f.crowd.known, id)
			delete(f.crowd.short, id)
		}
	}
	slices.Sort(away)
	return away
}

// runs reports whether a proxy is about. What cannot be known is taken to be so.
func (f *Follower) runs(ctx context.Context, id string, now time.Time) bool {
	if f.Runs == nil {
		return false
	}
	dot := strings.LastIndexByte(id, '.') // a pod's name may have some, a namespace's has none
	running, err := f.Runs(ctx, types.NamespacedName{Namespace: id[dot+1:], Name: id[:max(0, dot)]}, now)
	return running || err != nil
}
