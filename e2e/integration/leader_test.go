// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
)

// Of two controllers one acts. When it dies the other goes on: after the lease has run out, or at once where it was given back.
func TestALeaderIsReplaced(t *testing.T) {
	onItsOwn(t)
	home := newShop(t, shared, nil)
	home.electorate()
	flags := []string{"--metrics-bind-address=0", "--health-probe-bind-address=0", "-v=1", "--namespace", home.namespace}
	leader := startSerin(t, newProxy(t, shared, shared.token), flags...)
	leader.leads(home)
	standby := startSerin(t, newProxy(t, shared, shared.token), flags...)
	standby.stands(home, 0)
	p := newShop(t, shared, leader).mesh().open(2, with(quick,
		"serin.dev/steps", "5,10,15,20,25,30,35,40,45,50,55,60,65,70,75,80,85,90,95,100", "serin.dev/hold", "200ms"))
	p.deploy("v2")

	before := p.rises(100)
	leader.Kill()
	p.within(5*time.Second, "the next move after a leader was killed", p.moved(before))

	leader, standby = standby, leader
	from := standby.Count()
	if err := standby.Start(); err != nil {
		t.Fatal(err)
	}
	standby.stands(home, from)
	before = p.rises(400)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		leader.Signal(syscall.SIGTERM)
	}()
	p.within(2*time.Second, "the next move after a leader was told to end", p.moved(before))
	<-ended

	p.promoted("v2")
	p.neverBeyondCapacity()
	p.risesOnly(leader, standby)
}

// routed is a write of routes that landed.
func (p *shop) routed(c apiproxy.Call) bool {
	return c.Namespace == p.namespace && c.Resource == "virtualservices" && c.Write() && c.Status < http.StatusMultipleChoices
}

// electorate lets the controller keep a lease in the namespace.
func (p *shop) electorate() {
	p.Helper()
	meta := metav1.ObjectMeta{Name: "lease"}
	rules := []rbacv1.PolicyRule{{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "create", "update"}}}
	_, err := p.api.RbacV1().Roles(p.namespace).Create(p.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{})
	p.mustDo(err)
	_, err = p.api.RbacV1().RoleBindings(p.namespace).Create(p.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "serin", Namespace: systemNamespace}},
	}, metav1.CreateOptions{})
	p.mustDo(err)
}

// leads waits until the controller has written the lease.
func (s *controller) leads(home *shop) {
	home.Helper()
	s.awaitCall(home, "the lease to be written", 0, func(c apiproxy.Call) bool {
		return c.Namespace == home.namespace && c.Resource == "leases" && c.Verb != "get" && c.Status < http.StatusMultipleChoices && c.Status > 0
	})
}

// stands waits until a controller that does not lead has looked at the lease, and watches everything.
func (s *controller) stands(home *shop, from int) {
	home.Helper()
	for _, kind := range []string{"deployments", "replicasets", "pods", "services", "endpointslices", "virtualservices", "destinationrules"} {
		s.awaitCall(home, kind+" to be watched", from, func(c apiproxy.Call) bool { return c.Resource == kind && c.Verb == "watch" })
	}
	s.awaitCall(home, "the lease to be read", from, func(c apiproxy.Call) bool { return c.Namespace == home.namespace && c.Resource == "leases" })
}

func (s *controller) awaitCall(home *shop, what string, from int, match func(apiproxy.Call) bool) {
	home.Helper()
	deadline, look := time.After(home.patience), time.NewTicker(10*time.Millisecond)
	defer look.Stop()
	for len(s.Since(from, match)) == 0 {
		select {
		case <-look.C:
		case <-deadline:
			home.Fatalf("waited %s for %s; the controller says\n%s", home.patience, what, tail(s.Log(), 4000))
		}
	}
}

// rises waits until the weight is at least that, and gives what it is.
func (p *shop) rises(weight int) (now int) {
	p.Helper()
	p.await("the weight to rise", func(v journal.View) string {
		var err error
		if now, err = journal.WeightIn(v.Routes(p.name)); err != nil || now < weight {
			return "it does not"
		}
		return ""
	})
	return now
}

// moved reports whether the weight has left the one step that could have been under way.
func (p *shop) moved(before int) func(journal.View) string {
	return func(v journal.View) string {
		if now, err := journal.WeightIn(v.Routes(p.name)); err != nil || now <= before+50 {
			return "there is none"
		}
		return ""
	}
}

// risesOnly asserts that each weight was written once, one after the other.
func (p *shop) risesOnly(controllers ...*controller) {
	p.Helper()
	weights, err := p.Weights(p.name)
	last := len(weights) - 1
	if err != nil || last < 20 || !slices.IsSorted(weights[:last]) || weights[last] != journal.Untouched {
		p.Errorf("the weights were %v, %v", weights, err)
	}
	var writes []apiproxy.Call
	for _, s := range controllers {
		writes = append(writes, s.Since(0, p.routed)...)
	}
	slices.SortFunc(writes, func(a, b apiproxy.Call) int { return a.At.Compare(b.At) })
	for i := 1; i < len(writes); i++ {
		if gap := writes[i].At.Sub(writes[i-1].At); gap > time.Second {
			p.Logf("%s between two moves", gap.Round(time.Millisecond))
		}
	}
	if len(writes) != last { // of the first nothing is ours
		p.Errorf("there were %d writes of routes for %d weights: %v", len(writes), last, writes)
	}
}
