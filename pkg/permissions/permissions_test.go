// SPDX-License-Identifier: Apache-2.0

package permissions_test

import (
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/golden"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/pkg/permissions"
)

func TestRBACFile(t *testing.T) {
	for file, want := range map[string]string{
		"../../../deploy/rbac.yaml":                  permissions.Manifest(),
		"../../../deploy/metrics/rbac.yaml":          permissions.MetricsManifest(),
		"../../../charts/serin/templates/_rules.tpl": permissions.Chart(),
	} {
		golden.Assert(t, want, file, "run: make generate")
	}
}

func TestTheReferencePageIsCurrent(t *testing.T) {
	const file = "../../../docs/security.md"
	want, err := permissions.Fill(string(golden.Get(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	golden.Assert(t, want, file, "run: make generate")
}

// TestManifestGrantsTheRules reads the file back as the API server would:
// it is written by hand, so only reading proves that it says the same.
func TestManifestGrantsTheRules(t *testing.T) {
	grants(t, permissions.Manifest(), "")
	grants(t, permissions.MetricsManifest(), permissions.MetricsSecure)
}

// grants asserts that the file grants the controller the rules of a flag, and no others.
func grants(t *testing.T, file, flag string) {
	t.Helper()
	var granted []rbacv1.PolicyRule
	for document := range strings.SplitSeq(file, "---\n") {
		var role rbacv1.ClusterRole
		if err := yaml.UnmarshalStrict([]byte(document), &role); err == nil && role.Name != "serin-metrics-reader" {
			granted = append(granted, role.Rules...)
		}
	}
	listed := slices.DeleteFunc(slices.Clone(permissions.Rules), func(r permissions.Rule) bool { return r.With != flag })
	if len(granted) != len(listed) {
		t.Fatalf("the file grants %d rules, the list has %d", len(granted), len(listed))
	}
	for i, rule := range listed {
		got := granted[i]
		if !slices.Equal(got.APIGroups, []string{rule.Group}) || !slices.Equal(got.Resources, rule.Resources) ||
			!slices.Equal(got.ResourceNames, rule.Names) || !slices.Equal(got.Verbs, rule.Verbs) {
			t.Errorf("rule %d: the file grants %+v, the list says %+v", i, got, rule)
		}
	}
}

func TestRulesAreNarrowAndExplained(t *testing.T) {
	for _, rule := range permissions.Rules {
		for _, word := range slices.Concat(rule.Resources, rule.Names, rule.Verbs, []string{rule.Group}) {
			if strings.Contains(word, "*") {
				t.Errorf("%v: a wildcard allows what nobody decided", rule.Resources)
			}
		}
		if !strings.HasSuffix(rule.Why, ".") {
			t.Errorf("%v: Why is not a sentence: %q", rule.Resources, rule.Why)
		}
		if len(rule.Names) > 0 && slices.Contains(rule.Verbs, "create") {
			t.Errorf("%v: RBAC cannot limit create by name", rule.Resources)
		}
	}
	for _, rule := range permissions.Rules {
		if n := count(rule.Own, rule.Cluster, rule.Wide); n > 1 {
			t.Errorf("%v: is needed in %d kinds of places", rule.Resources, n)
		}
		if rule.Cluster && len(rule.Names) == 0 && !slices.Equal(rule.Verbs, []string{"create"}) {
			t.Errorf("%v: what no Role can grant is read by name", rule.Resources)
		}
	}
	// The Role comes last in the file, so its rules come last in the list.
	if !slices.IsSortedFunc(permissions.Rules, func(a, b permissions.Rule) int { return rank(a) - rank(b) }) {
		t.Error("rules of the own namespace come last")
	}
}

func count(flags ...bool) (n int) {
	for _, flag := range flags {
		if flag {
			n++
		}
	}
	return n
}

func rank(r permissions.Rule) int {
	if r.Own {
		return 1
	}
	return 0
}

func TestAccessesOfAFlagAreAskedForWithIt(t *testing.T) {
	without, with := permissions.Accesses("serin-system", nil), permissions.Accesses("serin-system", nil, permissions.MetricsSecure)
	if len(with)-len(without) != 2 {
		t.Errorf("there are %d with the flag, %d without", len(with), len(without))
	}
}

func TestAccessesSpellOutEveryRule(t *testing.T) {
	var got []string
	for _, access := range permissions.Accesses("serin-system", nil) {
		got = append(got, access.String())
		if access.Why == "" {
			t.Errorf("%s: says no reason", access)
		}
	}
	for _, want := range []string{
		"patch deployments.apps/status",
		"list pods",
		"watch customresourcedefinitions.apiextensions.k8s.io virtualservices.networking.istio.io",
		"get mutatingadmissionpolicybindings.admissionregistration.k8s.io serin-guard",
		"update leases.coordination.k8s.io in namespace serin-system",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not asked for, only %q", want, got)
		}
	}
}

// Where namespaces are named, nothing is asked for in others but what no Role can grant.
func TestAccessesOfNamespacesAreWithinThem(t *testing.T) {
	var got []string
	for _, access := range permissions.Accesses("serin-system", []string{"web", "api"}) {
		got = append(got, access.String())
		cluster := access.Group == "apiextensions.k8s.io" || access.Group == "admissionregistration.k8s.io" || access.Group == "authorization.k8s.io"
		if (access.Namespace == "") != cluster {
			t.Errorf("%s: is asked for in namespace %q", access, access.Namespace)
		}
	}
	for _, want := range []string{
		"watch deployments.apps in namespace web", "watch deployments.apps in namespace api", "get namespaces in namespace web",
		"update leases.coordination.k8s.io in namespace serin-system",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not asked for, only %q", want, got)
		}
	}
	if slices.Contains(got, "list namespaces") || slices.Contains(got, "watch namespaces in namespace web") {
		t.Error("namespaces are listed or watched, which no Role allows")
	}
}
