// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

const noCanaries = "no canaries on a Saturday"

// A policy of somebody else's that refuses canaries for another reason than a permission is told in its own words, and the
// rollout goes on when it is gone.
func TestAPolicyRefusesTheCanary(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, quick)
	lift := p.refuseCanaries()
	p.deploy("v2")
	p.await("a Warning Event with the policy's words", func(v journal.View) string {
		for _, e := range v.Story(p.name) {
			if e.Reason == "RequestFailed" && e.Type == corev1.EventTypeWarning && strings.Contains(e.Note, noCanaries) {
				return ""
			}
		}
		return "there is none"
	})
	lift()
	p.promoted("v2")
	p.neverBeyondCapacity()
}

// refuseCanaries returns when the API server refuses every canary of the app's namespace, and how to end that.
func (p *shop) refuseCanaries() (lift func()) {
	p.Helper()
	name, policies := "no-canaries-"+p.namespace, p.api.AdmissionregistrationV1()
	invalid := metav1.StatusReasonInvalid
	_, err := policies.ValidatingAdmissionPolicies().Create(p.Context(), &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: p.namespace}},
				ObjectSelector:    &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/managed-by": "serin"}},
				ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
					Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
					Rule:       admissionregistrationv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}},
				}}},
			},
			Validations: []admissionregistrationv1.Validation{{Expression: "false", Message: noCanaries, Reason: &invalid}},
		},
	}, metav1.CreateOptions{})
	p.mustDo(err)
	p.Cleanup(func() {
		_ = policies.ValidatingAdmissionPolicies().Delete(context.Background(), name, metav1.DeleteOptions{})
	})
	_, err = policies.ValidatingAdmissionPolicyBindings().Create(p.Context(), &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{PolicyName: name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny}},
	}, metav1.CreateOptions{})
	p.mustDo(err)
	lift = func() {
		p.mustDo(policies.ValidatingAdmissionPolicyBindings().Delete(context.Background(), name, metav1.DeleteOptions{}))
	}
	p.poll("canaries to be refused", func() bool { return strings.Contains(p.tryCanary(), noCanaries) })
	return lift
}

// tryCanary is what the API server says to an object that looks like a canary.
func (p *shop) tryCanary() string {
	like := deploymentOf("tried", 0, nil)
	like.Labels = map[string]string{"app.kubernetes.io/managed-by": "serin"}
	_, err := p.api.AppsV1().Deployments(p.namespace).Create(p.Context(), like, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err == nil {
		return ""
	}
	return err.Error()
}
