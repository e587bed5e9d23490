// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/background"
	"github.com/serin-dev/serin/pkg/measure/presets"
)

const (
	// lag is how long after an instant its samples are read: a scrape is stamped
	// with its beginning, and is there at its end.
	lag = 2 * time.Second

	// forgotten is after how long a rollout that nobody asks for is forgotten.
	// It is more than the longest time between two looks at a rollout that wakes nobody.
	forgotten = 5 * time.Minute

	// unasked is after how long whoever asks is told that there may be news
	// although there are none: while Prometheus is away nothing else would keep
	// a rollout from being forgotten, and nobody would notice its return.
	unasked = 2 * time.Minute

	// parallel is how many questions are asked at the same time.
	parallel = 4
)

// Follower follows rollouts. Its methods may be called concurrently; none of
// them waits for an answer. It asks from when Start is called until that ends.
type Follower struct {
	Asker   Asker
	Presets []presets.Preset
	Clock   clock.Clock
	// Changed is told of a rollout of which something new is known. It may take
	// its time: only this rollout waits for it.
	Changed func(ctx context.Context, key types.NamespacedName)

	once  sync.Once
	pool  *background.Pool[*followed]
	crowd *crowd

	mu       sync.Mutex
	followed map[types.NamespacedName]*followed
}

// followed is one rollout that is asked for.
type followed struct {
	key  types.NamespacedName
	over chan struct{} // closed when it is forgotten
	news chan struct{} // the question has changed

	// Guarded by the Follower.
	question Question
	asked    time.Time
	picture  picture
}

func (f *Follower) init() {
	f.once.Do(func() {
		f.pool, f.followed = background.NewPool[*followed](parallel), map[types.NamespacedName]*followed{}
		f.crowd = newCrowd(f.Asker, f.Clock, f.pool.Hold)
	})
}

// Samples says what is known, and has the rollout followed from now on. The
// questions of one rollout differ in their checks, weights and warming only;
// any other difference makes it another rollout.
func (f *Follower) Samples(key types.NamespacedName, q Question) Answer {
	f.init()
	q.Since = q.Since.Truncate(time.Millisecond) // Prometheus knows no shorter time
	f.mu.Lock()
	one, found := f.followed[key]
	if !found || one.question.Subject != q.Subject || !one.question.Since.Equal(q.Since) || one.question.Interval != q.Interval {
		if found {
			close(one.over)
		}
		one = &followed{key: key, over: make(chan struct{}), news: make(chan struct{}, 1)}
		f.followed[key] = one
		f.pool.Add(one)
	} else if !sameChecks(one.question.Checks, q.Checks) {
		select {
		case one.news <- struct{}{}:
		default:
		}
	}
	one.question, one.asked = q, f.Clock.Now()
	known := one.picture
	f.mu.Unlock()
	return known.answer(q)
}

// Forget ends following a rollout.
func (f *Follower) Forget(key types.NamespacedName) {
	f.init()
	f.mu.Lock()
	defer f.mu.Unlock()
	if one, found := f.followed[key]; found {
		close(one.over)
		delete(f.followed, key)
	}
}

// Start follows rollouts until the context ends. It implements
// controller-runtime's Runnable.
func (f *Follower) Start(ctx context.Context) error {
	f.init()
	f.pool.Serve(ctx, f.follow)
	f.crowd.running.Wait()
	return nil
}

// follow measures one rollout until nobody asks for it.
func (f *Follower) follow(ctx context.Context, one *followed) {
	ctx, cancel := background.Until(ctx, one.over)
	defer cancel()
	r := &rollout{presets: f.Presets}
	for {
		next, news := f.round(ctx, one, r)
		if ctx.Err() != nil {
			return
		}
		if (news || f.quiet(one)) && f.Changed != nil {
			f.Changed(ctx, one.key)
		}
		if !f.wait(ctx, one, next.Add(lag).Sub(f.Clock.Now())) {
			return
		}
	}
}

func (f *Follower) quiet(one *followed) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.Clock.Since(one.asked) > unasked
}

// round asks for what is due, and keeps what it found.
func (f *Follower) round(ctx context.Context, one *followed, r *rollout) (next time.Time, news bool) {
	f.mu.Lock()
	r.question = one.question
	f.mu.Unlock()
	now := f.Clock.Now().Add(-lag)
	next = r.round(ctx, f.crowd, now)
	picture := r.picture(now)
	f.mu.Lock()
	defer f.mu.Unlock()
	news = !picture.like(one.picture)
	one.picture = picture
	return next, news
}

// wait waits until the next round, and reports whether there is one.
func (f *Follower) wait(ctx context.Context, one *followed, pause time.Duration) bool {
	f.mu.Lock()
	if f.Clock.Since(one.asked) > forgotten {
		if f.followed[one.key] == one {
			delete(f.followed, one.key)
		}
		f.mu.Unlock()
		return false
	}
	f.mu.Unlock()
	timer := f.Clock.NewTimer(max(0, pause))
	defer timer.Stop()
	select {
	case <-timer.C():
		return true
	case <-one.news:
		return true
	case <-ctx.Done():
		return false
	}
}
