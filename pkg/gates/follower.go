// SPDX-License-Identifier: Apache-2.0

package gates

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/background"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/rollout"
)

const (
	// parallel is how many gates are asked at the same time.
	parallel = 32

	// The wait before a try is repeated doubles from the first to the last.
	firstWait = time.Second
	lastWait  = 30 * time.Second

	// stuckWait is when a gate is tried again that could not be asked.
	stuckWait = 10 * time.Second
)

// Question is what a gate is asked.
type Question struct {
	ID   string // the same for the same gate at the same point of a rollout
	Gate checks.HTTP
	Body Body
}

// Answer is what is known of a question. The zero value is: it was not asked.
type Answer struct {
	State rollout.GateState
	Words string
	Stuck bool // a person has to put something right first
}

// Secrets reads one Secret.
type Secrets func(ctx context.Context, key types.NamespacedName) (map[string][]byte, error)

// Follower asks gates from when Start is called until that ends. Its methods
// may be called concurrently; none of them waits for an answer.
type Follower struct {
	Secrets Secrets
	Clock   clock.Clock
	// Changed is told of a rollout of which an answer is known.
	Changed func(ctx context.Context, key types.NamespacedName)
	// Own allows addresses of this machine. For tests.
	Own bool

	once sync.Once
	pool *background.Pool[*asked]
	http *http.Client

	mu    sync.Mutex
	asked map[types.NamespacedName][]*asked
}

// asked is one question under way, or answered.
type asked struct {
	key      types.NamespacedName
	question Question
	over     chan struct{} // closed when it is dropped
	answer   Answer        // guarded by the Follower
}

func (f *Follower) init() {
	f.once.Do(func() {
		f.pool, f.asked, f.http = background.NewPool[*asked](parallel), map[types.NamespacedName][]*asked{}, newClient(f.Own)
	})
}

// Ask has a question asked, unless it is asked or answered already.
func (f *Follower) Ask(key types.NamespacedName, q Question) {
	f.init()
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.ContainsFunc(f.asked[key], func(a *asked) bool { return a.question.ID == q.ID }) {
		return
	}
	one := &asked{key: key, question: q, over: make(chan struct{}), answer: Answer{State: rollout.GatePending}}
	f.asked[key] = append(f.asked[key], one)
	f.pool.Add(one)
}

// Answer is what is known of a question.
func (f *Follower) Answer(key types.NamespacedName, id string) Answer {
	f.init()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.asked[key] {
		if one.question.ID == id {
			return one.answer
		}
	}
	return Answer{}
}

// Keep drops all questions of a rollout but these. Those under way are broken off.
func (f *Follower) Keep(key types.NamespacedName, ids []string) {
	f.init()
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := slices.DeleteFunc(f.asked[key], func(one *asked) bool {
		drop := !slices.Contains(ids, one.question.ID)
		if drop {
			close(one.over)
		}
		return drop
	})
	f.asked[key] = kept
	if len(kept) == 0 {
		delete(f.asked, key)
	}
}

// Start asks until the context ends. It implements controller-runtime's Runnable.
func (f *Follower) Start(ctx context.Context) error {
	f.init()
	f.pool.Serve(ctx, f.follow)
	return nil
}

// follow asks one question until it is answered or dropped.
func (f *Follower) follow(ctx context.Context, one *asked) {
	ctx, cancel := background.Until(ctx, one.over)
	defer cancel()
	tries := 1
	for ctx.Err() == nil {
		told := f.try(ctx, one, tries)
		pause := min(firstWait<<(tries-1), lastWait)
		switch {
		case ctx.Err() != nil:
			return
		case told.again && tries <= one.question.Gate.Retries:
			tries++
		case told.Stuck:
			f.tell(ctx, one, told.Answer)
			tries, pause = 1, stuckWait
		default:
			f.tell(ctx, one, told.Answer)
			return
		}
		f.wait(ctx, pause)
	}
}

// try asks once a slot is free.
func (f *Follower) try(ctx context.Context, one *asked, tries int) told {
	release, held := f.pool.Hold(ctx)
	if !held {
		return told{}
	}
	defer release()
	return f.send(ctx, one, tries)
}

func (f *Follower) tell(ctx context.Context, one *asked, answer Answer) {
	f.mu.Lock()
	news := one.answer != answer
	one.answer = answer
	f.mu.Unlock()
	if news && f.Changed != nil {
		f.Changed(ctx, one.key)
	}
}

func (f *Follower) wait(ctx context.Context, pause time.Duration) {
	timer := f.Clock.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-ctx.Done():
	}
}
