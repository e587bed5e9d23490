// SPDX-License-Identifier: Apache-2.0

package charts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var guardKinds = []string{
	"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
}

// grants spells out who may do what: one line for each verb on each resource.
func grants(t *testing.T, all []*unstructured.Unstructured) (lines []string) {
	t.Helper()
	rules := map[string][]rbacv1.PolicyRule{}
	for _, object := range only(all, "ClusterRole", "Role") {
		rules[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = as[rbacv1.ClusterRole](t, object).Rules
	}
	for _, object := range only(all, "ClusterRoleBinding", "RoleBinding") {
		binding := as[rbacv1.RoleBinding](t, object)
		for _, subject := range binding.Subjects {
			place := binding.Namespace
			if binding.RoleRef.Kind == "ClusterRole" {
				place = ""
			}
			for _, rule := range rules[binding.RoleRef.Kind+" "+place+"/"+binding.RoleRef.Name] {
				for _, line := range spell(rule) {
					lines = append(lines, subject.Kind+" "+subject.Namespace+"/"+subject.Name+" may in "+binding.Namespace+": "+line)
				}
			}
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func spell(rule rbacv1.PolicyRule) (lines []string) {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, name := range names {
				for _, verb := range rule.Verbs {
					lines = append(lines, verb+" "+group+"/"+resource+" "+name)
				}
			}
		}
	}
	return lines
}

func TestTheChartGrantsWhatDeployGrants(t *testing.T) {
	t.Parallel()
	want := grants(t, deployed(t, "rbac.yaml"))
	if len(want) < 50 {
		t.Fatalf("deploy/ grants %d things: they were not read", len(want))
	}
	if diff := cmp.Diff(want, slices.DeleteFunc(grants(t, objects(t, manifest(t, current, ""))), ofTheTest)); diff != "" {
		t.Errorf("deploy/ (-) and the chart (+) grant different things: run 'make generate'\n%s", diff)
	}
}

// What remains of a ClusterRole where namespaces are named: reads of two things that are in no namespace, by their names.
var ofTheCluster = []string{"customresourcedefinitions ", "mutatingadmissionpolicies ", "mutatingadmissionpolicybindings ", "selfsubjectaccessreviews "}

func TestNamespacesAreGrantedThemselvesOnly(t *testing.T) {
	t.Parallel()
	const account = "ServiceAccount serin-system/serin may in "
	var want []string
	for _, line := range grants(t, deployed(t, "rbac.yaml")) {
		what, everywhere := strings.CutPrefix(line, account+": ")
		switch {
		case !everywhere, slices.ContainsFunc(ofTheCluster, func(resource string) bool { return strings.Contains(what, "/"+resource) }):
			want = append(want, line)
		case what == "list /namespaces ", what == "watch /namespaces ": // no Role allows it, and nothing needs it
		default:
			want = append(want, account+"api: "+what, account+"web: "+what)
		}
	}
	slices.Sort(want)
	got := slices.DeleteFunc(grants(t, objects(t, manifest(t, current, "namespaces: [web, api]"))), ofTheTest)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wanted (-), granted (+):\n%s", diff)
	}
}

// ofTheTest tells what 'helm test' may do: it has an account of its own.
func ofTheTest(line string) bool {
	return strings.HasPrefix(line, "ServiceAccount serin-system/serin-check ")
}

func TestTheTestMayLookOnly(t *testing.T) {
	t.Parallel()
	got := grants(t, objects(t, manifest(t, current, "")))
	got = slices.DeleteFunc(got, func(line string) bool { return !ofTheTest(line) })
	want := []string{
		"ServiceAccount serin-system/serin-check may in : create authorization.k8s.io/subjectaccessreviews ",
		"ServiceAccount serin-system/serin-check may in : get admissionregistration.k8s.io/mutatingadmissionpolicies serin-guard",
		"ServiceAccount serin-system/serin-check may in : get admissionregistration.k8s.io/mutatingadmissionpolicybindings serin-guard",
		"ServiceAccount serin-system/serin-check may in : list admissionregistration.k8s.io/mutatingadmissionpolicies ",
		"ServiceAccount serin-system/serin-check may in : list admissionregistration.k8s.io/mutatingadmissionpolicybindings ",
		"ServiceAccount serin-system/serin-check may in : list admissionregistration.k8s.io/validatingadmissionpolicies ",
		"ServiceAccount serin-system/serin-check may in : list admissionregistration.k8s.io/validatingadmissionpolicybindings ",
		"ServiceAccount serin-system/serin-check may in serin-system: get coordination.k8s.io/leases serin",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wanted (-), granted (+):\n%s", diff)
	}
}

func TestTheGuardIsThatOfDeploy(t *testing.T) {
	t.Parallel()
	want := deployed(t, "guard/policy.yaml", "guard/notice.yaml")
	if len(want) != len(guardKinds) {
		t.Fatalf("deploy/guard has %d objects", len(want))
	}
	if diff := cmp.Diff(want, policies(objects(t, manifest(t, current, "")), "serin-guard")); diff != "" {
		t.Errorf("deploy/ (-) and the chart (+) have different guards: run 'make generate'\n%s", diff)
	}
}

func TestTheGuardIsChosenByTheAPIServer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server  server
		install string
		want    bool
	}{
		"an API server that serves it":                  {current, "auto", true},
		"one that does not":                             {older, "auto", false},
		"a recent one with the API switched off":        {server{"v1.36.0", older.apis}, "auto", false},
		"none that was asked, of a recent version":      {server{"v1.37.1", []string{"apps/v1"}}, "auto", true},
		"none that was asked, of an older version":      {server{"v1.35.4", []string{"apps/v1"}}, "auto", false},
		"an older one, and somebody who knows better":   {older, "always", true},
		"another release that has it":                   {current, "never", false},
		"a vendor's version that none was asked behind": {server{"v1.36.2-gke.100", []string{"apps/v1"}}, "auto", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := policies(objects(t, manifest(t, test.server, "guard: {install: "+test.install+"}")), "serin-guard")
			if (len(got) == len(guardKinds)) != test.want || !test.want && len(got) > 0 {
				t.Errorf("%d objects of the guard; wanted: %t", len(got), test.want)
			}
		})
	}
}

func TestTheChartGrantsWhatSecureMetricsTake(t *testing.T) {
	t.Parallel()
	want := grants(t, deployed(t, "rbac.yaml", "metrics/rbac.yaml"))
	all := objects(t, manifest(t, current, "metrics: {secure: {enabled: true}}"))
	if diff := cmp.Diff(want, slices.DeleteFunc(grants(t, all), ofTheTest)); diff != "" {
		t.Errorf("deploy/ (-) and the chart (+) grant different things: run 'make generate'\n%s", diff)
	}
	reader := func(all []*unstructured.Unstructured) []rbacv1.PolicyRule {
		for _, role := range only(all, "ClusterRole") {
			if role.GetName() == "serin-metrics-reader" {
				return as[rbacv1.ClusterRole](t, role).Rules
			}
		}
		return nil
	}
	if diff := cmp.Diff(reader(deployed(t, "metrics/rbac.yaml")), reader(all)); diff != "" || len(reader(all)) == 0 {
		t.Errorf("deploy/ (-) and the chart (+) let others read the metrics differently:\n%s", diff)
	}
}

// policies are the admission policies and bindings whose names begin so.
func policies(all []*unstructured.Unstructured, prefix string) []*unstructured.Unstructured {
	return slices.DeleteFunc(only(all, guardKinds...), func(o *unstructured.Unstructured) bool { return !strings.HasPrefix(o.GetName(), prefix) })
}

func TestTheFenceIsThatOfDeploy(t *testing.T) {
	t.Parallel()
	rest := deployed(t, "fence/deployments.yaml", "fence/objects.yaml", "fence/mesh.yaml")
	template, vouch := deployed(t, "fence/template/template.yaml"), deployed(t, "fence/template/vouch.yaml")
	for name, test := range map[string]struct {
		server server
		values string
		want   []*unstructured.Unstructured
	}{
		"without values":            {current, "", slices.Concat(rest, template, vouch)},
		"where they are not served": {older, "", slices.Concat(rest, template)},
		"without templates":         {current, "fence: {template: false}", rest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, policies(objects(t, manifest(t, test.server, test.values)), "serin-fence"), byName); diff != "" {
				t.Errorf("deploy/ (-) and the chart (+) have different fences: run 'make generate'\n%s", diff)
			}
		})
	}
	if left := policies(objects(t, manifest(t, current, "fence: {enabled: false}")), "serin-fence"); len(left) > 0 {
		t.Errorf("switched off, %d objects of the fence are left", len(left))
	}
}

// byName: Helm puts kinds in an order of its own.
var byName = cmpopts.SortSlices(func(a, b *unstructured.Unstructured) bool {
	return a.GetKind()+a.GetName() < b.GetKind()+b.GetName()
})

// The account that is fenced is the one that the controller has, and two releases have a fence each.
func TestTheFenceIsForTheAccountOfTheRelease(t *testing.T) {
	t.Parallel()
	all := objects(t, manifest(t, current, "{fullnameOverride: web-canaries, serviceAccount: {name: robot}}"))
	fences := policies(all, "web-canaries-fence-")
	if len(fences) == 0 || len(policies(all, "serin-fence")) > 0 {
		t.Fatalf("%d objects of the fence have the name of the release", len(fences))
	}
	for _, o := range fences {
		conditions, _, _ := unstructured.NestedSlice(o.Object, "spec", "matchConditions")
		policy, bound, _ := unstructured.NestedString(o.Object, "spec", "policyName")
		switch first, _ := append(conditions, nil)[0].(map[string]any); {
		case bound && policy != o.GetName():
			t.Errorf("%s binds %s", o.GetName(), policy)
		case o.GetLabels()["serin.dev/stays"] == "true": // is for nobody
		case !bound && first["expression"] != "request.userInfo.username == 'system:serviceaccount:serin-system:robot'":
			t.Errorf("%s is for %v", o.GetName(), first["expression"])
		}
	}
}

// What is the same in both ways of installing: how the controller runs.
func TestThePodIsThatOfDeploy(t *testing.T) {
	t.Parallel()
	want := as[appsv1.Deployment](t, deployed(t, "controller.yaml")[0])
	got := the[appsv1.Deployment](t, objects(t, manifest(t, current, "")), "Deployment")
	if *got.Spec.Replicas != *want.Spec.Replicas {
		t.Errorf("%d replicas, deploy/ has %d", *got.Spec.Replicas, *want.Spec.Replicas)
	}
	if diff := cmp.Diff(want.Spec.Template.Annotations, got.Spec.Template.Annotations); diff != "" {
		t.Errorf("annotations of the pod, deploy/ (-), chart (+):\n%s", diff)
	}
	a, b := want.Spec.Template.Spec, got.Spec.Template.Spec
	for _, argument := range a.Containers[0].Args {
		if !slices.Contains(b.Containers[0].Args, argument) {
			t.Errorf("deploy/ says %s, the chart does not", argument)
		}
	}
	a.Containers[0].Args, b.Containers[0].Args = nil, nil
	a.Affinity = nil                     // the chart spreads by topology
	b.TopologySpreadConstraints = nil    // as deploy/ does by affinity
	b.Containers[0].ImagePullPolicy = "" // the usual one
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the pod, deploy/ (-), chart (+):\n%s", diff)
	}
}
