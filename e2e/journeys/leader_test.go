// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
)

// pair is a shop that two controllers look after, of which one leads.
type pair struct {
	*shop
	two  [2]*controller
	leds int // which of them

	mu    sync.Mutex
	moved []move // what was accepted from either, in the order of the answers
}

type move struct {
	by   int
	call apiproxy.Call
}

// Whatever happens to the one of two controllers that leads, the other goes on, and nobody notices.
func TestALeaderIsLost(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		annotations := with(brief, "serin.dev/steps", "20:pause,40:pause,60:pause,80:pause,100")
		p := &pair{shop: ground(t, m, annotations, "The controller that leads is killed, cut off, paused in the middle of a write, and paused at rest. "+
			"Each time the other goes on, nothing moves twice, and no write of the one that led is accepted.", ownerLabel, "own")}
		p.pace = modest
		p.elect()
		p.build(4)
		p.deploy("v2")
		p.reached(200)
		p.lose("killed", 400, func(leader *controller, _ func()) {
			leader.Kill()
			p.pass()
		})
		p.lose("cut off", 600, func(leader *controller, _ func()) {
			p.cut(leader, apiproxy.Cut)
			leader.HangUp()
			p.pass()
		})
		p.cut(p.two[0], apiproxy.Passes)
		p.cut(p.two[1], apiproxy.Passes)
		p.lose("paused in the middle of a write", 800, p.pauseWriting)
		p.lose("paused at rest", 1000, p.pauseResting)
		p.promoted("v2")
		p.onlyAnswers("v2")
		p.noneFailed()
		p.climbs()
		p.stepsClimb()
		p.neverBelow(4)
		p.weighted(journal.Untouched, 0, 200, 400, 600, 800, 1000, journal.Untouched)
		p.tookTurns()
	})
}

// elect starts the two, one after the other, with a lease in the shop's namespace.
func (p *pair) elect() {
	p.Helper()
	name := metav1.ObjectMeta{Name: "lease"}
	rules := []rbacv1.PolicyRule{{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "create", "update"}}}
	_, err := p.api.RbacV1().Roles(p.namespace).Create(p.Context(), &rbacv1.Role{ObjectMeta: name, Rules: rules}, metav1.CreateOptions{})
	p.must(err)
	_, err = p.api.RbacV1().RoleBindings(p.namespace).Create(p.Context(), &rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "serin", Namespace: system}},
	}, metav1.CreateOptions{})
	p.must(err)
	for i := range p.two {
		s := p.own(p.account(), "--metrics-bind-address=0", "--health-probe-bind-address=0", "-v=1", "--namespace="+p.namespace)
		p.two[i] = s
		s.Then(p.namespace, func(c apiproxy.Call) {
			if p.moves(c) {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.moved = append(p.moved, move{i, c})
			}
		})
		p.stands(s, 0)
	}
}

// stands waits until a controller watches everything, and has looked at the lease.
func (p *pair) stands(s *controller, from int) {
	p.Helper()
	p.must(until(p.Context(), p.patience, func(context.Context) error {
		for _, kind := range []string{"deployments", "replicasets", "pods", "services", "endpointslices", "virtualservices", "destinationrules"} {
			if len(s.Since(from, func(c apiproxy.Call) bool { return c.Resource == kind && c.Verb == "watch" })) == 0 {
				return errors.New("a controller does not watch " + kind)
			}
		}
		if len(s.Since(from, func(c apiproxy.Call) bool { return c.Resource == "leases" && c.Status > 0 })) == 0 {
			return errors.New("a controller does not look at the lease")
		}
		return nil
	}))
}

// lose has something happen to the leader that the other replaces it after, which the function is given a way to wait for; and then
// starts the one that led again.
func (p *pair) lose(how string, weight int, happen func(leader *controller, replaced func())) {
	p.Helper()
	leader, other := p.two[p.leds], 1-p.leds
	from, began := p.sofar(), time.Now()
	happen(leader, func() {
		p.must(until(p.Context(), p.patience, func(context.Context) error {
			if !p.hasMoved(other, from) {
				return errors.New("the other controller moves nothing, and the leader is " + how)
			}
			return nil
		}))
	})
	p.reached(weight)
	p.Logf("the leader is %s: it takes %s to the next step", how, time.Since(began).Round(100*time.Millisecond))
	select {
	case <-leader.Ended():
	case <-time.After(p.patience):
		p.Fatalf("a leader that was %s does not end", how)
	}
	before := leader.Count()
	p.cut(leader, apiproxy.Passes)
	p.must(leader.Start())
	p.stands(leader, before)
	p.leds = other
}

func (p *pair) sofar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.moved)
}

func (p *pair) hasMoved(who, from int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.moved[from:], func(m move) bool { return m.by == who })
}

// pass lets the rollout go on to the next step.
func (p *pair) pass() {
	p.Helper()
	p.annotate("promote", "step")
}

// cut decides what becomes of all requests of a controller.
func (p *pair) cut(s *controller, what apiproxy.Fate) {
	for _, namespace := range []string{"", p.namespace} {
		s.Decide(namespace, func(apiproxy.Call) apiproxy.Fate { return what })
	}
}

// reached waits until the rollout is at least at a weight, and waits there for a person unless it is the last.
func (p *pair) reached(weight int) {
	p.Helper()
	p.await("the next step", func(v journal.View) string {
		memo := v.Memo(app)
		if memo.Promoting || weight == 1000 && memo.Weight == weight {
			return ""
		}
		if memo.Weight < weight {
			return "it is not reached"
		}
		return condition(v, "Unknown", "StepPaused")
	})
}

// pauseWriting stops the leader when it has sent a write, which reaches the API server when somebody else leads.
func (p *pair) pauseWriting(leader *controller, replaced func()) {
	p.Helper()
	sent, arrives := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	leader.Decide(p.namespace, func(c apiproxy.Call) apiproxy.Fate {
		if p.routes(c) && held.CompareAndSwap(false, true) {
			go leader.Signal(syscall.SIGSTOP)
			close(sent)
			<-arrives
		}
		return apiproxy.Passes
	})
	p.pass()
	select {
	case <-sent:
	case <-time.After(p.patience):
		p.Fatal("the leader sends nothing")
	}
	defer func() { go leader.Signal(syscall.SIGCONT) }()
	defer close(arrives)
	replaced()
}

// routes is a write that moves traffic.
func (p *pair) routes(c apiproxy.Call) bool {
	if p.mode == mesh {
		return c.Write() && c.Resource == "virtualservices"
	}
	return c.Write() && c.Resource == "deployments" && c.Name == app+"-canary"
}

// pauseResting stops the leader between two writes. When it goes on it finds what has happened since in its watches.
func (p *pair) pauseResting(leader *controller, replaced func()) {
	p.Helper()
	go leader.Signal(syscall.SIGSTOP)
	p.pass()
	defer func() { go leader.Signal(syscall.SIGCONT) }()
	replaced()
}

// tookTurns asserts that after the other took over nothing was accepted from the one that led, and that routes were written once
// for each weight.
func (p *pair) tookTurns() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var turns, routes []int
	for _, m := range p.moved {
		if len(turns) == 0 || turns[len(turns)-1] != m.by {
			turns = append(turns, m.by)
		}
		if m.call.Resource == "virtualservices" {
			routes = append(routes, m.by)
		}
	}
	if !slices.Equal(turns, []int{0, 1, 0, 1, 0}) {
		p.Errorf("the controllers moved in turns of %v: %v", turns, p.moved)
	}
	if p.mode == ratio {
		return
	}
	if weights, err := p.Weights(app); err != nil || len(routes) != len(weights)-1 {
		p.Errorf("routes were written %d times, and the weights were %v (%v)", len(routes), weights, err)
	}
}
