// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/serin-dev/serin/deploy"
)

func names(objects []*unstructured.Unstructured) []string {
	var all []string
	for _, object := range objects {
		all = append(all, object.GetKind()+" "+object.GetName())
	}
	return all
}

func TestObjectsInTheOrderToApplyThem(t *testing.T) {
	guard, err := deploy.Guard()
	if err != nil {
		t.Fatal(err)
	}
	wantGuard := []string{
		"MutatingAdmissionPolicy serin-guard", "MutatingAdmissionPolicyBinding serin-guard",
		"ValidatingAdmissionPolicy serin-guard-notice", "ValidatingAdmissionPolicyBinding serin-guard-notice",
	}
	if got := names(guard); !slices.Equal(got, wantGuard) {
		t.Errorf("the guard is %q, want %q", got, wantGuard)
	}

	fence, err := deploy.Fence()
	if err != nil {
		t.Fatal(err)
	}

	all, err := deploy.All()
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(
		[]string{"Namespace serin-system", "ServiceAccount serin"},
		[]string{"ClusterRole serin", "ClusterRoleBinding serin", "Role serin", "RoleBinding serin"},
		wantGuard, // before the controller, so that it finds its guard
		names(fence),
		[]string{"Deployment serin"},
	)
	if got := names(all); !slices.Equal(got, want) {
		t.Errorf("everything is %q, want %q", got, want)
	}
}

// stays is what the API server has to keep: it does nothing, and nobody takes it away with the rest.
func stays(t *testing.T, object *unstructured.Unstructured) bool {
	t.Helper()
	if object.GetLabels()[deploy.StaysLabel] != "true" {
		return false
	}
	annotations := object.GetAnnotations()
	kept := annotations["helm.sh/resource-policy"] == "keep" && annotations["argocd.argoproj.io/sync-options"] == "Prune=false,Delete=false" &&
		annotations["kustomize.toolkit.fluxcd.io/prune"] == "disabled"
	rules, _, _ := unstructured.NestedSlice(object.Object, "spec", "matchConstraints", "resourceRules")
	actions, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "validationActions")
	for _, rule := range rules {
		groups, _, _ := unstructured.NestedStringSlice(rule.(map[string]any), "apiGroups")
		kept = kept && slices.Equal(groups, []string{"serin.dev"}) // where there is nothing
	}
	if !kept || slices.Contains(actions, "Deny") {
		t.Errorf("%s %s does something, or goes with the rest", object.GetKind(), object.GetName())
	}
	return true
}

// TestTheFenceHasNoGap looks at each policy: it is for Serin's account, it holds where it cannot be asked, and it is bound to refuse.
func TestTheFenceHasNoGap(t *testing.T) {
	fence, err := deploy.Fence()
	if err != nil {
		t.Fatal(err)
	}
	bound := map[string]bool{}
	fence = slices.DeleteFunc(fence, func(object *unstructured.Unstructured) bool { return stays(t, object) })
	for _, object := range fence {
		if policy, found, _ := unstructured.NestedString(object.Object, "spec", "policyName"); found {
			bound[policy] = true
			actions, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "validationActions")
			if object.GetKind() == "ValidatingAdmissionPolicyBinding" && !slices.Equal(actions, []string{"Deny"}) {
				t.Errorf("%s does %q", object.GetName(), actions)
			}
		}
	}
	for _, object := range fence {
		if strings.HasSuffix(object.GetKind(), "Binding") {
			continue
		}
		if failure, _, _ := unstructured.NestedString(object.Object, "spec", "failurePolicy"); failure != "Fail" || !bound[object.GetName()] {
			t.Errorf("%s has the failure policy %q; bound: %t", object.GetName(), failure, bound[object.GetName()])
		}
		conditions, _, _ := unstructured.NestedSlice(object.Object, "spec", "matchConditions")
		if first, _ := append(conditions, nil)[0].(map[string]any); first["expression"] != "request.userInfo.username == 'system:serviceaccount:serin-system:serin'" {
			t.Errorf("%s is for %v", object.GetName(), first["expression"])
		}
	}
}

// TestObjectsHaveNoUnknownFields decodes each manifest strictly into its type:
// a misspelt field would otherwise be dropped by the API server in silence.
func TestObjectsHaveNoUnknownFields(t *testing.T) {
	types := map[string]any{
		"Namespace":                        &corev1.Namespace{},
		"ServiceAccount":                   &corev1.ServiceAccount{},
		"ClusterRole":                      &rbacv1.ClusterRole{},
		"ClusterRoleBinding":               &rbacv1.ClusterRoleBinding{},
		"Role":                             &rbacv1.Role{},
		"RoleBinding":                      &rbacv1.RoleBinding{},
		"Deployment":                       &appsv1.Deployment{},
		"MutatingAdmissionPolicy":          &admissionregistrationv1.MutatingAdmissionPolicy{},
		"MutatingAdmissionPolicyBinding":   &admissionregistrationv1.MutatingAdmissionPolicyBinding{},
		"ValidatingAdmissionPolicy":        &admissionregistrationv1.ValidatingAdmissionPolicy{},
		"ValidatingAdmissionPolicyBinding": &admissionregistrationv1.ValidatingAdmissionPolicyBinding{},
	}
	all, err := deploy.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range all {
		into, known := types[object.GetKind()]
		if !known {
			t.Errorf("%s: no type to check it with", object.GetKind())
			continue
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, into, true); err != nil {
			t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
}
