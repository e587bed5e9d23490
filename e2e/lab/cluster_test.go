// SPDX-License-Identifier: Apache-2.0

package lab_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	networking "istio.io/api/networking/v1alpha3"
	istiov1 "istio.io/client-go/pkg/apis/networking/v1"
	istio "istio.io/client-go/pkg/clientset/versioned"
	admission "k8s.io/api/admissionregistration/v1"
	authentication "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func TestTheServerSaysWhichKubernetesItIs(t *testing.T) {
	version, err := clientOf(t, shared).Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.Major != "1" || version.Minor != "36" || !strings.HasPrefix(version.GitVersion, "v1.36.") {
		t.Errorf("got %+v, want 1.36", version)
	}
}

func TestAMutatingAdmissionPolicyMutates(t *testing.T) {
	ctx, client := t.Context(), clientOf(t, shared)
	ignore := admission.Ignore
	policy := &admission.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "mark"},
		Spec: admission.MutatingAdmissionPolicySpec{
			FailurePolicy:      &ignore,
			ReinvocationPolicy: admission.NeverReinvocationPolicy,
			MatchConstraints: &admission.MatchResources{
				ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"mark": "me"}},
				ResourceRules: []admission.NamedRuleWithOperations{{RuleWithOperations: admission.RuleWithOperations{
					Operations: []admission.OperationType{admission.Create},
					Rule:       admission.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
				}}},
			},
			Mutations: []admission.Mutation{{
				PatchType:          admission.PatchTypeApplyConfiguration,
				ApplyConfiguration: &admission.ApplyConfiguration{Expression: `Object{data: {"marked": "yes"}}`},
			}},
		},
	}
	binding := &admission.MutatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "mark"},
		Spec:       admission.MutatingAdmissionPolicyBindingSpec{PolicyName: "mark"},
	}
	policies := client.AdmissionregistrationV1()
	_, errPolicy := policies.MutatingAdmissionPolicies().Create(ctx, policy, metav1.CreateOptions{})
	_, errBinding := policies.MutatingAdmissionPolicyBindings().Create(ctx, binding, metav1.CreateOptions{})
	if err := errors.Join(errPolicy, errBinding); err != nil {
		t.Fatal(err)
	}

	// The server acts on a policy a moment after it has stored it.
	eventually(t, 15*time.Second, func() error {
		marked := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "mark-", Labels: map[string]string{"mark": "me"}}}
		marked, err := client.CoreV1().ConfigMaps("default").Create(ctx, marked, metav1.CreateOptions{})
		if err == nil && marked.Data["marked"] != "yes" {
			err = fmt.Errorf("the new ConfigMap has the data %v", marked.Data)
		}
		return err
	})
}

func TestIstiodHearsOfAVirtualService(t *testing.T) {
	client := istio.NewForConfigOrDie(configOf(t, shared))
	service := &istiov1.VirtualService{
		ObjectMeta: metav1.ObjectMeta{Name: "heard-of"},
		Spec: networking.VirtualService{
			Hosts: []string{"shop"},
			Http: []*networking.HTTPRoute{{Route: []*networking.HTTPRouteDestination{
				{Destination: &networking.Destination{Host: "shop"}, Weight: 100},
			}}},
		},
	}
	if _, err := client.NetworkingV1().VirtualServices("default").Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, func() error {
		response, err := http.Get("http://" + shared.IstiodHTTP + "/debug/configz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err == nil && !strings.Contains(string(text), `"heard-of"`) {
			err = errors.New("istiod does not list it")
		}
		return err
	})
}

func TestRBACDecidesWhatATokenMayDo(t *testing.T) {
	ctx := t.Context()
	request := &authentication.TokenRequest{}
	token, err := clientOf(t, shared).CoreV1().ServiceAccounts("default").CreateToken(ctx, "default", request, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		token string
		right func(error) bool
	}{
		"the administrator":                {shared.Tokens["admin"], func(err error) bool { return err == nil }},
		"a user":                           {shared.Tokens["alice"], apierrors.IsForbidden},
		"a ServiceAccount":                 {token.Status.Token, apierrors.IsForbidden},
		"somebody with a token of his own": {"made-up", apierrors.IsUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			config := rest.AnonymousClientConfig(configOf(t, shared))
			config.BearerToken = test.token
			_, err := kubernetes.NewForConfigOrDie(config).CoreV1().Secrets("default").List(ctx, metav1.ListOptions{})
			if !test.right(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}
