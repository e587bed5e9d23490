// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"slices"
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

	all, err := deploy.All()
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(
		[]string{"Namespace serin-system", "ServiceAccount serin"},
		[]string{"ClusterRole serin", "ClusterRoleBinding serin", "Role serin", "RoleBinding serin"},
		wantGuard, // before the controller, so that it finds its guard
		[]string{"Deployment serin"},
	)
	if got := names(all); !slices.Equal(got, want) {
		t.Errorf("everything is %q, want %q", got, want)
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
