// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

const istioGroup = "networking.istio.io"

var (
	looking    = []string{"get", "list", "watch"}
	everything = []string{"get", "list", "watch", "create", "update", "patch", "delete"}
)

// A controller that may do nothing with Istio's objects, then look at them, then everything, and in the middle of the rollout may
// only look again.
func TestForbidden(t *testing.T) {
	t.Parallel()
	p := ground(t, mesh, with(brief, "serin.dev/steps", "25,50:pause,100"), "A controller that may not touch Istio's objects holds the rollout, "+
		"names the permission and takes nothing for the absence of Istio; when it is granted it goes on, also where it was taken away in the middle.", ownerLabel, "own")
	a := p.newcomer()
	s := p.own(a.token, serin.Alone...)
	p.pace = modest
	p.build(4)
	p.deploy("v2")
	if words := p.saying("Unknown", "Forbidden"); !hasAll(words, "list", "virtualservices", istioGroup) {
		t.Errorf("the condition does not name the permission: %s", words)
	}
	p.nothingFor(5 * time.Second)
	a.may(looking...)
	p.refused("create", "destinationrules", istioGroup)
	a.may(append(looking, "create")...)
	p.refused("update", "virtualservices", istioGroup)
	p.nothingFor(2 * time.Second)
	a.may(everything...)
	p.weighing(500)
	p.saying("Unknown", "StepPaused")
	a.may(looking...)
	from := s.Count()
	p.annotate("promote", "full")
	p.must(until(t.Context(), p.patience, func(context.Context) error {
		if len(s.Since(from, func(c apiproxy.Call) bool { return c.Status == http.StatusForbidden && c.Resource == "virtualservices" })) == 0 {
			return errors.New("no write of routes was refused")
		}
		return nil
	}))
	v, _ := p.Now()
	if weight, err := journal.WeightIn(v.Routes(app)); err != nil || weight != 500 {
		t.Errorf("the routes give the canary %s, %v", percent(weight), err)
	}
	a.may(everything...)
	p.promoted("v2")
	p.onlyAnswers("v2")
	p.noneFailed()
	p.climbs()
	p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
	p.neverBelow(4)
	p.onlyByMesh()
}

func hasAll(text string, words ...string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// refused waits for a Warning Event that names a permission.
func (p *shop) refused(words ...string) {
	p.Helper()
	p.await("a Warning Event that names the permission", func(v journal.View) string {
		for _, e := range v.Story(app) {
			if e.Reason == "Forbidden" && e.Type == corev1.EventTypeWarning && hasAll(e.Note, words...) {
				return ""
			}
		}
		return "there is none that says " + strings.Join(words, " ")
	})
}

// nothingFor asserts that for a while there is no canary, and everybody is served by the pods of before.
func (p *shop) nothingFor(d time.Duration) {
	p.Helper()
	time.Sleep(d)
	v, _ := p.Now()
	images := v.Images(app, registry)
	if v.Deployment(app+"-canary") != nil || len(images) != 1 || images["sample:v1"] != 4 {
		p.Errorf("a controller that may not move traffic moved pods: %v", images)
	}
}

// onlyByMesh asserts that the rollout never went by the ratio of pods.
func (p *shop) onlyByMesh() {
	p.Helper()
	p.Replay(func(e journal.Entry, v journal.View) {
		if memo := v.Memo(app); e.Kind == "Deployment" && e.Name == app && memo.Mode != "" && memo.Mode != "istio" {
			p.Errorf("at %s the rollout went by %s", clock(e.At), memo.Mode)
		}
	})
}

// newcomer is an account with the permissions of deploy/, except for those on Istio's objects.
type newcomer struct {
	*shop
	name, token string
}

func (p *shop) newcomer() *newcomer {
	p.Helper()
	ctx := p.Context()
	name := metav1.ObjectMeta{Name: p.namespace}
	_, err := p.api.CoreV1().ServiceAccounts(system).Create(ctx, &corev1.ServiceAccount{ObjectMeta: name}, metav1.CreateOptions{})
	p.must(err)
	installed, err := p.api.RbacV1().ClusterRoles().Get(ctx, "serin", metav1.GetOptions{})
	p.must(err)
	rules := slices.DeleteFunc(installed.Rules, func(r rbacv1.PolicyRule) bool { return slices.Contains(r.APIGroups, istioGroup) })
	for _, role := range []*rbacv1.ClusterRole{
		{ObjectMeta: name, Rules: rules},
		{ObjectMeta: metav1.ObjectMeta{Name: p.namespace + "-mesh"}},
	} {
		_, err := p.api.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{})
		p.must(err)
		_, err = p.api.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: role.Name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: p.namespace, Namespace: system}},
		}, metav1.CreateOptions{})
		p.must(err)
	}
	token, err := p.tokenOf(ctx, p.namespace)
	p.must(err)
	return &newcomer{p, p.namespace, token}
}

// may grants the verbs on Istio's objects, those and no others.
func (a *newcomer) may(verbs ...string) {
	a.Helper()
	rules := []rbacv1.PolicyRule{{APIGroups: []string{istioGroup}, Resources: []string{"virtualservices", "destinationrules"}, Verbs: verbs}}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: a.name + "-mesh"}, Rules: rules}
	_, err := a.api.RbacV1().ClusterRoles().Update(a.Context(), role, metav1.UpdateOptions{})
	a.must(err)
}
