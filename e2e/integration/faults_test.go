// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// course is a rollout in short, and how it has to end.
type course struct {
	mesh bool
	back bool // ends rolled back
}

var courses = map[string]course{
	"promoted in the mesh":     {mesh: true},
	"promoted by pod ratio":    {},
	"rolled back in the mesh":  {mesh: true, back: true},
	"rolled back by pod ratio": {back: true},
}

// open makes the app that goes the course.
func (c course) open(t *testing.T, s *controller) *shop {
	t.Helper()
	p := newShop(t, shared, s)
	if c.mesh {
		p.mesh()
	}
	if c.back {
		return p.open(2, with(quick, "serin.dev/steps", "50:1h,100"))
	}
	return p.open(2, with(quick, "serin.dev/steps", "50,100", "serin.dev/hold", "100ms"))
}

// run takes it to its end and asserts all that has to hold.
func (c course) run(p *shop) {
	p.Helper()
	if c.back {
		p.deploy("v2-restart-later-1s")
		p.rolledBack("v1", "RestartsExceeded")
	} else {
		p.deploy("v2")
		p.promoted("v2")
		if !c.mesh {
			p.neverBelow(2)
		}
	}
	if c.mesh {
		p.neverBeyondCapacity()
	}
	if c.back {
		p.recorded(1, "RolledBack", "NewTemplate", "RestartsExceeded", "RestartsExceeded") // before a step or after it
	} else {
		p.recorded(1, "Promoted", "NewTemplate", "StepPassed", "StepPassed", "AllStepsPassed", "Promoted")
	}
	v, _ := p.Now()
	if size := *v.Deployment(p.name).Spec.Replicas; size != 2 {
		p.Errorf("the target has a size of %d, and had 2", size)
	}
}

// moves are the writes that matter: an Event that gets lost is lost.
func (p *shop) moves(c apiproxy.Call) bool {
	return c.Write() && c.Resource != "events" && c.Namespace == p.namespace
}

// Each write of a rollout fails once, in each of the ways in which a write can fail.
func TestAFailedWriteAtEachPosition(t *testing.T) {
	t.Parallel()
	for name, c := range courses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := everyones.take(t)
			p := c.open(t, s)
			from := s.Count()
			c.run(p)
			writes := s.Since(from, p.moves)
			for i := range len(writes) + 1 {
				for how, what := range map[string]apiproxy.Fate{"fails": apiproxy.Fails, "conflicts": apiproxy.Conflicts, "gets lost": apiproxy.GetsLost} {
					t.Run(fmt.Sprintf("write %d %s", i+1, how), func(t *testing.T) {
						t.Parallel()
						p := c.open(t, s)
						var n, hit atomic.Int64
						s.Decide(p.namespace, func(c apiproxy.Call) apiproxy.Fate {
							if p.moves(c) && n.Add(1) == int64(i+1) {
								hit.Store(1)
								return what
							}
							return apiproxy.Passes
						})
						c.run(p)
						if hit.Load() == 0 {
							t.Logf("there were %d writes only", n.Load())
						}
					})
				}
			}
		})
	}
}

// TestKilledAfterEachWrite kills the controller, without a chance to tidy up, whenever one of its writes has landed, and
// before it knows.
func TestKilledAfterEachWrite(t *testing.T) {
	for name, c := range courses {
		t.Run(name, func(t *testing.T) {
			s := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
			p := c.open(t, s)
			p.annotate("settle", "2s") // longer than a start takes
			p.patience = 2 * time.Minute
			var kills atomic.Int64
			s.Then(p.namespace, func(c apiproxy.Call) {
				if p.moves(c) && c.Status < http.StatusMultipleChoices {
					kills.Add(1)
					s.Kill()
				}
			})
			go s.revive(t)
			c.run(p)
			t.Logf("killed after each of %d writes", kills.Load())
		})
	}
}

// revive starts the controller again whenever it has ended, as the kubelet would.
func (s *controller) revive(t *testing.T) {
	for {
		<-s.Ended()
		if t.Context().Err() != nil { // it has been ended for good
			return
		}
		if err := s.Start(); err != nil {
			t.Error(err)
			return
		}
	}
}
