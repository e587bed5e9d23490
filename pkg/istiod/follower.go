// SPDX-License-Identifier: Apache-2.0

package istiod

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	pace      = time.Second     // between two questions about one target
	afterFail = 3 * time.Second // before istiod is asked again when it could not be

	// looked is how many proxies' routes are looked at in one round. A config
	// dump costs istiod as much as a push to one proxy.
	looked = 10
)

// Answer is what is known of the proxies that are to follow the routes of one target.
type Answer struct {
	Lagging string    // why they are not known to follow; empty: they do, once the settle time has passed since Served
	Served  time.Time // since when istiod has sent the routes as they are
}

// Follower knows which targets' routes are followed. Its methods may be called concurrently.
type Follower struct {
	Client *Client

	// Runs reports whether a pod runs that is not connected any more. A pod
	// that does goes on sending requests by the routes that it had. Nil: none
	// does.
	Runs func(ctx context.Context, pod types.NamespacedName, now time.Time) (bool, error)

	asking sync.Mutex // one question at a time
	crowd  crowd      // of asking

	mu      sync.Mutex
	targets map[types.NamespacedName]*target
	failed  time.Time // when istiod could last not be asked
	failure string
}

// target is what is known of one target's routes as they are now.
type target struct {
	want     Want
	answer   Answer
	served   time.Time       // when istiod was first seen to serve them
	due      time.Time       // when to ask again
	lagging  map[string]bool // which did not follow when last looked at; nil: not looked at yet
	away     bool            // some of them were not connected
	kept     bool            // somebody was waited for
	followed bool
	probe    string // a proxy that can reach the Service
}

// Follow says whether proxies follow the routes that are wanted. While that is
// not known it asks istiod, at most once a second; once it is, it asks nobody.
func (f *Follower) Follow(ctx context.Context, key types.NamespacedName, want Want, settle time.Duration, now time.Time) Answer {
	f.mu.Lock()
	t := f.of(key, want)
	answer, known := t.answer, t.followed || now.Before(t.due)
	failing := !known && now.Before(f.failed.Add(afterFail))
	if failing {
		answer = Answer{Lagging: f.failure}
	}
	f.mu.Unlock()
	if known || failing {
		return answer
	}
	if !f.asking.TryLock() {
		answer.Lagging = "istiod is being asked about another rollout"
		return answer
	}
	defer f.asking.Unlock()
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return f.ask(ctx, t, settle, now)
}

// Forget drops what is known of a target that is gone.
func (f *Follower) Forget(key types.NamespacedName) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.targets, key)
}

// of returns what is known of the target, nothing if its routes have changed.
func (f *Follower) of(key types.NamespacedName, want Want) *target {
	if f.targets == nil {
		f.targets = map[types.NamespacedName]*target{}
	}
	t, found := f.targets[key]
	if !found || t.want != want {
		probe := ""
		if found {
			probe = t.probe
		}
		t = &target{want: want, probe: probe}
		f.targets[key] = t
	}
	return t
}

// ask brings what is known of a target forward.
func (f *Follower) ask(ctx context.Context, t *target, settle time.Duration, now time.Time) Answer {
	f.crowd.wake(now)
	proxies, err := f.Client.Proxies(ctx)
	var where served
	var away []string
	if err == nil {
		away = f.away(ctx, proxies, now)
	}
	if err == nil && t.served.IsZero() {
		where, err = f.look(ctx, t, proxies)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil:
		f.failed, f.failure = now, "istiod cannot be asked whether proxies follow: "+err.Error()
		t.answer.Lagging = f.failure
		return t.answer
	case t.served.IsZero() && where.lagging != "":
		t.answer, t.due = Answer{Lagging: where.lagging}, now.Add(pace)
		return t.answer
	case t.served.IsZero():
		t.served, t.probe = now, where.probe
		t.answer = Answer{Served: now}
	}
	if wait := t.served.Add(settle); now.Before(wait) {
		t.due = wait
		return t.answer
	}
	t.judge(proxies, away, settle, now)
	return t.answer
}

// served is whether istiod serves the routes.
type served struct {
	lagging string
	probe   string
}

// look finds out whether istiod serves the routes, by the configuration of
// proxies that can reach the Service. Where none of those that were looked at
// can, there is nobody to follow.
func (f *Follower) look(ctx context.Context, t *target, proxies []Proxy) (served, error) {
	kinds := "rds"
	if t.want.Listener {
		kinds = "rds,lds"
	}
	result, left := served{}, looked
	for _, p := range first(proxies, t.probe, t.want.Host) {
		if left == 0 {
			break
		}
		tree, err := f.Client.dump(ctx, p, kinds)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return result, err
		}
		left--
		found := read(tree, t.want)
		switch {
		case !found.host && !found.ours:
		case !found.as(t.want):
			return served{lagging: fmt.Sprintf("istiod does not serve the routes to %s yet (seen at proxy %s)", t.want.Host, p.ID)}, nil
		case result.probe == "":
			result.probe = p.ID
		}
	}
	return result, nil
}

// first puts the proxies first that are likely to call the Service: the one
// that did when last asked, then those of its namespace.
func first(proxies []Proxy, probe, host string) []Proxy {
	_, rest, _ := strings.Cut(host, ".")
	namespace, _, _ := strings.Cut(rest, ".")
	var known, near, far []Proxy
	for _, p := range proxies {
		switch {
		case p.ID == probe:
			known = append(known, p)
		case strings.HasSuffix(p.ID, "."+namespace):
			near = append(near, p)
		default:
			far = append(far, p)
		}
	}
	return append(append(known, near...), far...)
}

// judge ends the wait when every proxy was seen to have acknowledged, once. In
// a large mesh there is always one that has just been sent something.
func (t *target) judge(proxies []Proxy, away []string, settle time.Duration, now time.Time) {
	waitedFor := func(id string) bool { return t.lagging == nil || t.lagging[id] }
	slow := slices.DeleteFunc(slices.Clone(proxies), func(p Proxy) bool { return p.acknowledged() || !waitedFor(p.ID) })
	away = slices.DeleteFunc(away, func(id string) bool { return !waitedFor(id) })
	if t.away && len(away) == 0 {
		t.back(settle, now)
		return
	}
	t.lagging, t.away, t.due = map[string]bool{}, len(away) > 0, now.Add(pace)
	for _, p := range slow {
		t.lagging[p.ID] = true
	}
	for _, id := range away {
		t.lagging[id] = true
	}
	t.answer.Lagging = late(slow, away, len(proxies))
	if len(t.lagging) > 0 {
		t.kept = true
		return
	}
	t.followed, t.answer.Served = true, t.since(proxies, settle, now)
}

// since is from when the settle time counts, so that it ended no earlier than
// the last proxy followed.
func (t *target) since(proxies []Proxy, settle time.Duration, now time.Time) time.Time {
	if t.kept {
		return now.Add(-settle)
	}
	for _, p := range proxies {
		if p.ID == t.probe {
			return earlier(t.served, p.routed())
		}
	}
	return t.served
}

// back gives proxies that are connected again the settle time. One that has
// just come was sent nothing yet, and so has nothing to acknowledge.
func (t *target) back(settle time.Duration, now time.Time) {
	t.away, t.served, t.due = false, now, now.Add(settle)
	t.answer = Answer{Served: now}
}

// earlier is when the routes were sent: what istiod says where it says it,
// because a controller that has just started sees late what happened long ago.
func earlier(seen, sent time.Time) time.Time {
	if !sent.IsZero() && sent.Before(seen) {
		return sent
	}
	return seen
}
