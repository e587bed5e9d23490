// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/serin-dev/serin/deploy"
	"github.com/serin-dev/serin/pkg/cli/model"
)

const fenceAbout = "Fence"

// policies are a kind of admission policy, and what binds it.
type policies struct {
	kind             string
	policy, bindings schema.GroupVersionResource
}

func policiesOf(kind, name string) policies {
	admission := schema.GroupVersion{Group: "admissionregistration.k8s.io", Version: "v1"}
	return policies{kind, admission.WithResource(name + "admissionpolicies"), admission.WithResource(name + "admissionpolicybindings")}
}

var (
	validating = policiesOf("ValidatingAdmissionPolicy", "validating")
	mutating   = policiesOf("MutatingAdmissionPolicy", "mutating")
)

// Fence finds out whether the API server keeps the controller's account to what
// a rollout takes. Policies of a chart's release have a name of their own before
// what the manifests call them.
func (i *Installation) Fence(ctx context.Context) model.Finding {
	wanted, err := i.wantedPolicies()
	if err != nil {
		return unknown(fenceAbout, err)
	}
	var missing []string
	count := 0
	for kind, parts := range wanted {
		there, err := i.bound(ctx, kind)
		switch {
		case apierrors.IsForbidden(err):
			return model.Finding{About: fenceAbout, Level: model.Unknown,
				Text: fmt.Sprintf("not looked at: you need: list %s and %s", kind.policy.GroupResource(), kind.bindings.GroupResource())}
		case err != nil:
			return unknown(fenceAbout, err)
		}
		for _, part := range parts {
			if count++; !slices.Contains(there, part) {
				missing = append(missing, part)
			}
		}
	}
	return i.judgeFence(count, missing)
}

func (i *Installation) judgeFence(count int, missing []string) model.Finding {
	const installFence = "kubectl apply -k deploy/fence, or the chart's fence.enabled and fence.template"
	slices.Sort(missing)
	switch len(missing) {
	case 0:
		return model.Finding{About: fenceAbout, Level: model.OK, Text: fmt.Sprintf("%d admission policies keep %s to what a rollout takes", count, i.account())}
	case count:
		return model.Finding{About: fenceAbout, Level: model.Note, Do: installFence,
			Text: fmt.Sprintf("there is none for %s: whoever has its token can do all that it is granted", i.account())}
	}
	return model.Finding{About: fenceAbout, Level: model.Note, Do: installFence,
		Text: fmt.Sprintf("for %s there is no policy, or nothing that binds it, of %s: whoever has its token can do what these refuse", i.account(), strings.Join(missing, ", "))}
}

// wantedPolicies are what deploy/ has, of the kinds that this API server serves.
func (i *Installation) wantedPolicies() (map[policies][]string, error) {
	objects, err := deploy.Fence()
	if err != nil {
		return nil, err
	}
	mutates, err := i.serves(mutating.policy)
	if err != nil {
		return nil, err
	}
	wanted := map[policies][]string{}
	for _, object := range objects {
		part := partOf(object.GetName())
		switch {
		case object.GetLabels()[deploy.StaysLabel] != "":
		case !mutates && (object.GetKind() == mutating.kind || part == "vouched"): // which looks for what a mutating one did
		case object.GetKind() == validating.kind:
			wanted[validating] = append(wanted[validating], part)
		case object.GetKind() == mutating.kind:
			wanted[mutating] = append(wanted[mutating], part)
		}
	}
	return wanted, nil
}

// partOf is what a policy of the fence is called, without the release's name.
func partOf(name string) string {
	const fence = "fence-"
	return name[strings.LastIndex(name, fence)+len(fence):]
}

// bound are the parts of the fence of one kind that are there for the account, and bound to refuse.
func (i *Installation) bound(ctx context.Context, kind policies) (parts []string, err error) {
	ours := metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=serin"}
	there, err := i.Any.Resource(kind.policy).List(ctx, ours)
	if err != nil {
		return nil, err
	}
	bindings, err := i.Any.Resource(kind.bindings).List(ctx, ours)
	if err != nil {
		return nil, err
	}
	for _, policy := range there.Items {
		binds := func(binding unstructured.Unstructured) bool { return isBinding(&binding, policy.GetName()) }
		if strings.Contains(policy.GetName(), "fence-") && i.isMeant(&policy) && slices.ContainsFunc(bindings.Items, binds) {
			parts = append(parts, partOf(policy.GetName()))
		}
	}
	return parts, nil
}

// isMeant reports whether a policy is for the controller's account.
func (i *Installation) isMeant(policy *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(policy.Object, "spec", "matchConditions")
	return slices.ContainsFunc(conditions, func(condition any) bool {
		fields, _ := condition.(map[string]any)
		expression, _ := fields["expression"].(string)
		return strings.Contains(expression, "'"+i.account()+"'")
	})
}

func isBinding(binding *unstructured.Unstructured, policy string) bool {
	name, _, _ := unstructured.NestedString(binding.Object, "spec", "policyName")
	actions, found, _ := unstructured.NestedStringSlice(binding.Object, "spec", "validationActions")
	return name == policy && (!found || slices.Contains(actions, "Deny"))
}
