// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/serin-dev/serin/deploy"
	"github.com/serin-dev/serin/pkg/cli/model"
)

// withFence is an installation with some objects of the fence, as an edit leaves them.
func withFence(t *testing.T, mutates bool, edit func(o *unstructured.Unstructured) (keep bool)) *Installation {
	t.Helper()
	fence, err := deploy.Fence()
	if err != nil {
		t.Fatal(err)
	}
	var objects []runtime.Object
	for _, o := range fence {
		if (mutates || !strings.HasPrefix(o.GetKind(), "Mutating")) && edit(o) {
			objects = append(objects, o)
		}
	}
	lists := map[schema.GroupVersionResource]string{}
	served := &metav1.APIResourceList{GroupVersion: validating.policy.GroupVersion().String()}
	for _, kind := range []policies{validating, mutating} {
		lists[kind.policy], lists[kind.bindings] = kind.kind+"List", kind.kind+"BindingList"
		if mutates || kind == validating {
			served.APIResources = append(served.APIResources, metav1.APIResource{Name: kind.policy.Resource})
		}
	}
	api := fake.NewClientset()
	api.Resources = []*metav1.APIResourceList{served}
	return &Installation{API: api, Any: dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, objects...),
		Namespace: "serin-system", Account: "serin", Explain: Explain}
}

func everything(*unstructured.Unstructured) bool { return true }

// named gives the fence the name that a release's has.
func named(o *unstructured.Unstructured) bool {
	o.SetName("web-" + o.GetName())
	if policy, found, _ := unstructured.NestedString(o.Object, "spec", "policyName"); found {
		_ = unstructured.SetNestedField(o.Object, "web-"+policy, "spec", "policyName")
	}
	return true
}

func without(kind, name string) func(*unstructured.Unstructured) bool {
	return func(o *unstructured.Unstructured) bool { return o.GetKind() != kind || o.GetName() != name }
}

func onlyAudited(o *unstructured.Unstructured) bool {
	if o.GetName() == "serin-fence-routes" && strings.HasSuffix(o.GetKind(), "Binding") {
		_ = unstructured.SetNestedStringSlice(o.Object, []string{"Audit"}, "spec", "validationActions")
	}
	return true
}

func TestWhatIsSaidOfTheFence(t *testing.T) {
	for name, test := range map[string]struct {
		mutates bool
		edit    func(*unstructured.Unstructured) bool
		level   model.Level
		words   []string
	}{
		"all of it":                      {true, everything, model.OK, []string{"system:serviceaccount:serin-system:serin"}},
		"of a release":                   {true, named, model.OK, nil},
		"before Kubernetes 1.36":         {false, without("ValidatingAdmissionPolicy", "serin-fence-vouched"), model.OK, nil},
		"nothing":                        {true, func(*unstructured.Unstructured) bool { return false }, model.Note, []string{"there is none", "all that it is granted"}},
		"a policy is missing":            {true, without("ValidatingAdmissionPolicy", "serin-fence-template"), model.Note, []string{"of template:"}},
		"a mutating one is missing":      {true, without("MutatingAdmissionPolicy", "serin-fence-forged"), model.Note, []string{"of forged:"}},
		"a binding is missing":           {true, without("ValidatingAdmissionPolicyBinding", "serin-fence-target"), model.Note, []string{"of target:"}},
		"a binding refuses nothing":      {true, onlyAudited, model.Note, []string{"of routes:"}},
		"what does nothing is not there": {true, without("ValidatingAdmissionPolicy", "serin-fence-params"), model.OK, nil},
	} {
		t.Run(name, func(t *testing.T) {
			found := withFence(t, test.mutates, test.edit).Fence(t.Context())
			missing := slices.ContainsFunc(test.words, func(words string) bool { return !strings.Contains(found.Text, words) })
			if found.Level != test.level || missing || (found.Do == "") != (test.level == model.OK) {
				t.Errorf("it is %s: %s (%s)", found.Level, found.Text, found.Do)
			}
		})
	}
}

// A fence around another account is none around this one.
func TestAFenceIsForOneAccount(t *testing.T) {
	i := withFence(t, true, everything)
	i.Account = "robot"
	if found := i.Fence(t.Context()); found.Level != model.Note || !strings.Contains(found.Text, "there is none for system:serviceaccount:serin-system:robot") {
		t.Errorf("it is %s: %s", found.Level, found.Text)
	}
}
