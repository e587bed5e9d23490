// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

const istioGroup = "networking.istio.io"

// A controller that may not look at Istio's objects says so where it matters, and goes on when it may.
func TestForbiddenToLookAtTheMesh(t *testing.T) {
	onItsOwn(t)
	a := newAccount(t, "half-blind")
	a.may()
	s := startSerin(t, newProxy(t, shared, a.token(t)), serin.Alone...)
	meshed := newShop(t, shared, s).mesh().open(2, quick)
	ratio := newShop(t, shared, s).open(2, with(quick, "serin.dev/traffic", "replicas"))
	meshed.deploy("v2")
	ratio.deploy("v2")
	c := meshed.saying("Unknown", "Forbidden").Condition(meshed.name)
	if !containsAll(c.Message, []string{"list", "virtualservices", istioGroup}) {
		t.Errorf("the condition does not name the permission: %s", c.Message)
	}
	meshed.warned("Forbidden")
	ratio.promoted("v2")
	if !strings.Contains(s.Log(), `"permission":"list virtualservices.`+istioGroup+`"`) {
		t.Error("the log does not name the permission")
	}
	from := meshed.lastSeen()
	a.may(everything...)
	meshed.promoted("v2")
	meshed.stoodStill(from)
	meshed.neverBeyondCapacity()
}

// A controller that may look, and not write, tells of each write that is refused.
func TestForbiddenToWriteToTheMesh(t *testing.T) {
	onItsOwn(t)
	a := newAccount(t, "read-only")
	a.may("get", "list", "watch")
	s := startSerin(t, newProxy(t, shared, a.token(t)), serin.Alone...)
	p := newShop(t, shared, s).mesh().open(2, quick)
	for _, step := range []struct {
		words []string
		verbs []string // granted when that is said
	}{
		{[]string{"create", "destinationrules", istioGroup}, []string{"create"}},
		{[]string{"update", "virtualservices", istioGroup}, []string{"create", "update"}},
		{[]string{"delete", "destinationrules", istioGroup}, []string{"create", "update", "delete"}},
	} {
		if step.words[0] == "create" {
			p.deploy("v2")
		}
		p.refused(step.words...)
		a.may(append([]string{"get", "list", "watch"}, step.verbs...)...)
	}
	p.promoted("v2")
	p.neverBeyondCapacity()
}

// refused waits for a Warning Event that names a permission.
func (p *shop) refused(words ...string) {
	p.Helper()
	p.await("a Warning Event that names the permission", func(v journal.View) string {
		for _, e := range v.Story(p.name) {
			if e.Reason == "Forbidden" && e.Type == corev1.EventTypeWarning && containsAll(e.Note, words) {
				return ""
			}
		}
		return "there is none that says " + strings.Join(words, " ")
	})
}

// A permission that is taken away in the middle of a rollout stops it where it is, until it is granted again.
func TestAPermissionIsTakenAway(t *testing.T) {
	onItsOwn(t)
	a := newAccount(t, "short-lived")
	a.may(everything...)
	s := startSerin(t, newProxy(t, shared, a.token(t)), serin.Alone...)
	p := newShop(t, shared, s).mesh().open(4, slow())
	p.deploy("v2")
	p.at(250)
	a.may("get", "list", "watch")
	p.annotate("promote", "full")
	p.refused("update", "virtualservices", istioGroup)
	p.weighing(250)
	a.may(everything...)
	p.promoted("v2")
	p.neverBeyondCapacity()
}

var everything = []string{"get", "list", "watch", "create", "update", "patch", "delete"}

// account is a ServiceAccount with the permissions of deploy/rbac.yaml, except for those on Istio's objects.
type account struct {
	*testing.T
	name string
}

func newAccount(t *testing.T, name string) *account {
	t.Helper()
	ctx := t.Context()
	someone := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{GenerateName: name + "-"}}
	someone, err := shared.api.CoreV1().ServiceAccounts(systemNamespace).Create(ctx, someone, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a := &account{t, someone.Name}
	rules := slices.DeleteFunc(a.published(), func(r rbacv1.PolicyRule) bool { return slices.Contains(r.APIGroups, istioGroup) })
	roles, bindings := shared.api.RbacV1().ClusterRoles(), shared.api.RbacV1().ClusterRoleBindings()
	for _, role := range []*rbacv1.ClusterRole{
		{ObjectMeta: metav1.ObjectMeta{Name: a.name}, Rules: rules},
		{ObjectMeta: metav1.ObjectMeta{Name: a.name + "-mesh"}},
	} {
		if _, err := roles.Create(ctx, role, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: role.Name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: a.name, Namespace: systemNamespace}},
		}
		if _, err := bindings.Create(ctx, binding, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// published are the rules of the ClusterRole in deploy/rbac.yaml.
func (a *account) published() []rbacv1.PolicyRule {
	a.Helper()
	objects, err := manifests("rbac.yaml")
	if err != nil {
		a.Fatal(err)
	}
	role := &rbacv1.ClusterRole{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(objects[0].Object, role); err != nil || role.Kind != "ClusterRole" {
		a.Fatalf("the first object of rbac.yaml is a %s, %v", role.Kind, err)
	}
	return role.Rules
}

// may grants the verbs on Istio's objects, those and no others.
func (a *account) may(verbs ...string) {
	a.Helper()
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: a.name + "-mesh"}}
	if len(verbs) > 0 {
		role.Rules = []rbacv1.PolicyRule{{APIGroups: []string{istioGroup}, Resources: []string{"virtualservices", "destinationrules"}, Verbs: verbs}}
	}
	if _, err := shared.api.RbacV1().ClusterRoles().Update(a.Context(), role, metav1.UpdateOptions{}); err != nil {
		a.Fatal(err)
	}
}

func (a *account) token(t *testing.T) string {
	t.Helper()
	token, err := shared.tokenOf(t.Context(), a.name)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// What deploy/rbac.yaml grants is enough: with leader election, in the mesh and without, to promote and to roll back.
func TestThePublishedPermissionsAreEnough(t *testing.T) {
	onItsOwn(t)
	s := startSerin(t, newProxy(t, shared, shared.token), "--metrics-bind-address=0", "--health-probe-bind-address=0", "-v=1")
	t.Run("rollouts", func(t *testing.T) {
		for name, c := range courses {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := c.open(t, s)
				c.run(p)
				s.neverRefused(p.T, p.namespace)
			})
		}
		t.Run("with an autoscaler, a version label and a volume", func(t *testing.T) {
			t.Parallel()
			p := newShop(t, shared, s)
			p.autoscale()
			p.claim(corev1.ReadWriteMany)
			p.create(withLabel(deploymentOf(p.name, 2, quick), "v1"))
			service := serviceOf(p.name)
			service.Labels = map[string]string{"version": "v1"}
			p.serve(service)
			p.adopted()
			p.mounting(`"persistentVolumeClaim":{"claimName":"data"}`)
			p.promoted("v2")
			p.relabel("v3")
			p.promoted("v3")
			p.labelled("v3")
			s.neverRefused(t, p.namespace)
		})
	})
	s.neverRefused(t, "", systemNamespace)
	if leases := s.Since(0, func(c apiproxy.Call) bool { return c.Resource == "leases" && c.Status < http.StatusMultipleChoices }); len(leases) == 0 {
		t.Error("there was no election")
	}
}

// neverRefused asserts that in these namespaces every request was allowed. One that is being deleted refuses whatever is new.
func (s *controller) neverRefused(t *testing.T, namespaces ...string) {
	t.Helper()
	refused := s.Since(0, func(c apiproxy.Call) bool {
		return slices.Contains(namespaces, c.Namespace) && (c.Status == http.StatusForbidden || c.Status == http.StatusUnauthorized)
	})
	if len(refused) > 0 {
		t.Errorf("refused in %q were\n%s\n%v", namespaces, apiproxy.Table(refused), refused)
	}
}
