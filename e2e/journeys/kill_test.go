// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
)

// lane is a shop that goes through one rollout after the other, in each of which its controller is killed once.
type lane struct {
	*shop
	*controller
	rounds int
	stable string // the version that serves
}

// A way for a rollout to go, from the new version to its end.
var ways = map[string]struct {
	steps string
	run   func(*lane)
}{
	"promoted":    {"50,100", (*lane).promote},
	"rolled back": {"50:pause,100", (*lane).abort},
}

const (
	lanes       = 2                      // side by side, for each way and mode
	longestAway = 3 * time.Second        // that nobody looks after a rollout, at random from 0
	silence     = time.Second            // without a write: the last Events of a rollout come within moments of its end
	glance      = 200 * time.Millisecond // how often that is looked at
)

// TestKilledAfterEachWrite kills the controller at the instant at which the API server has answered the first, second, third
// write of a rollout and so on, Events included, before the controller knows. Each position has a rollout of its own. The
// positions are all that there are: a lane ends when a rollout does with fewer writes, and was not disturbed.
func TestKilledAfterEachWrite(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, m mode) {
				t.Helper()
				sum := &sum{row: row{journey: strings.TrimPrefix(t.Name(), "Test"), mode: m}}
				var positions, killed atomic.Int64
				t.Cleanup(func() {
					sum.promise = fmt.Sprintf("The controller is killed at the instant of each write, one by one at %d positions, and the rollout is %s "+
						"as if nothing had been: no weight jumps.", killed.Load(), name)
					proof.add(sum.row, t.Failed())
				})
				for i := range lanes {
					t.Run(fmt.Sprintf("lane %d", i+1), func(t *testing.T) {
						t.Parallel()
						p := newLane(t, m, way.steps)
						p.tell = sum.add
						for hit := true; hit; {
							hit = p.killedAt(int(positions.Add(1)), way.run, &killed)
						}
						p.sound()
					})
				}
			})
		})
	}
}

// sum is one row for several shops.
type sum struct {
	mu sync.Mutex
	row
}

func (s *sum) add(r row, _ bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.failed, s.resent, s.took = s.requests+r.requests, s.failed+r.failed, s.resent+r.resent, max(s.took, r.took)
}

// newLane opens a small shop whose rollouts hurry.
func newLane(t *testing.T, m mode, steps string) *lane {
	t.Helper()
	p := &lane{shop: ground(t, m, with(brief, "serin.dev/steps", steps, "serin.dev/hold", "1s"), "", ownerLabel, "own"), stable: "v1"}
	p.pace, p.controller = modest, p.alone()
	p.build(2)
	return p
}

// sound asserts what holds for all the rollouts of a lane.
func (p *lane) sound() {
	p.Helper()
	p.noneFailed()
	p.climbs()
	p.stepsClimb()
	if p.mode == ratio {
		p.neverBelow(2)
	}
}

// killedAt takes a rollout to its end, with a kill after one of its writes, and reports whether there was such a write.
func (p *lane) killedAt(position int, run func(*lane), killed *atomic.Int64) bool {
	p.Helper()
	p.settled()
	random := rand.New(rand.NewPCG(1, uint64(position))) // the same in each run
	pause := time.Duration(random.Int64N(int64(longestAway)))
	var writes atomic.Int64
	back := make(chan error, 1)
	p.Then(p.namespace, func(c apiproxy.Call) {
		if !p.landed(c) || writes.Add(1) != int64(position) {
			return
		}
		p.Kill()
		killed.Add(1)
		p.Logf("killed after write %d, %s, for %s", position, c, pause.Round(time.Millisecond))
		go func() {
			time.Sleep(pause)
			back <- p.Start()
		}()
	})
	run(p)
	p.settled()
	if writes.Load() < int64(position) {
		p.Logf("a rollout without a kill had %d writes", writes.Load())
		return false
	}
	p.must(<-back)
	return true
}

// settled waits until the controller has written nothing for a while.
func (p *lane) settled() {
	p.Helper()
	for calm := false; !calm; {
		time.Sleep(glance)
		last := time.Time{}
		for _, c := range p.Since(0, p.landed) {
			last = c.At
		}
		calm = time.Since(last) > silence
	}
}

// wanted is the next version, in a template that there was not before.
func (p *lane) wanted() (version string) {
	p.Helper()
	p.rounds++
	version = map[string]string{"v1": "v2", "v2": "v1"}[p.stable]
	p.patch(types.StrategicMergePatchType, fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"round":"%d"}},`+
		`"spec":{"containers":[{"name":"app","image":"%ssample:%s","env":[{"name":"VERSION","value":%q}]}]}}}}`, p.rounds, registry, version, version))
	return version
}

func (p *lane) promote() {
	p.Helper()
	p.stable = p.wanted()
	p.promoted(p.stable)
}

func (p *lane) abort() {
	p.Helper()
	p.wanted()
	p.weighing(500)
	p.annotate("abort", "true")
	p.rolledBack(p.stable, "AbortRequested")
}

// TestKilledAfterEveryWrite kills one controller again and again: whenever one of its writes has landed, and before it knows.
// Events are left out: each start may tell something once more.
func TestKilledAfterEveryWrite(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		p := newLane(t, m, "50,100")
		p.settled()
		var kills atomic.Int64
		p.Then(p.namespace, func(c apiproxy.Call) {
			if p.moves(c) {
				kills.Add(1)
				p.Kill()
			}
		})
		go p.revive()
		p.promote()
		p.settled()
		p.sound()
		p.row.promise = fmt.Sprintf("A controller that is killed again and again, after each of the %d writes of one rollout, gets it to its end.", kills.Load())
	})
}

// revive starts the controller again whenever it has ended, as the kubelet would.
func (p *lane) revive() {
	for {
		select {
		case <-p.Ended():
		case <-p.Context().Done():
			return
		}
		if p.Context().Err() != nil {
			return
		}
		if err := p.Start(); err != nil {
			p.Error(err)
			return
		}
	}
}
