// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/serin-dev/serin/pkg/annotations"
)

// session is one run of the command: whom it speaks with, and about where.
type session struct {
	client    kubernetes.Interface
	namespace string
	where     string // flags that lead a next command to the same place, with a space in front
	now       func() time.Time
}

// oneName demands the Deployment's name, and says so in words.
func oneName(command *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return fmt.Errorf("the name of the Deployment is missing: %s NAME", command.CommandPath())
	case len(args) > 1:
		return fmt.Errorf("one Deployment at a time, got %q", args)
	}
	return nil
}

// target reads the Deployment.
func (s *session) target(ctx context.Context, name string) (*appsv1.Deployment, error) {
	target, err := s.client.AppsV1().Deployments(s.namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no Deployment %s in namespace %s; to see those that are there: kubectl get deployments%s", name, s.namespace, s.where)
	}
	if err != nil {
		return nil, s.explain(err, "get", "deployments", "reading Deployment "+name)
	}
	if owner := target.Labels[annotations.CanaryOf]; owner != "" {
		return nil, fmt.Errorf("%s is the canary of Deployment %s, which is the one to name", name, owner)
	}
	return target, nil
}

// explain names the verb that a person lacks; other errors speak for themselves.
func (s *session) explain(err error, verb, resource, doing string) error {
	if apierrors.IsForbidden(err) {
		return fmt.Errorf("%s: you lack the permission to %s %s in namespace %s; to check: kubectl auth can-i %s %s%s",
			doing, verb, resource, s.namespace, verb, resource, s.where)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// notOptedIn says what to type, and why what is there does not count.
func (s *session) notOptedIn(target *appsv1.Deployment) error {
	text := fmt.Sprintf("Deployment %s has not opted in", target.Name)
	if value, set := target.Annotations[annotations.Canary]; set {
		text += fmt.Sprintf(" (%s is %q, and only \"true\" counts)", annotations.Canary, value)
	}
	return errors.New(text + fmt.Sprintf("; to opt in: kubectl annotate deployment %s%s --overwrite %s=true", target.Name, s.where, annotations.Canary))
}

// condition is what the controller last said about the target, nil if nothing.
func condition(target *appsv1.Deployment) *appsv1.DeploymentCondition {
	for i := range target.Status.Conditions {
		if target.Status.Conditions[i].Type == annotations.ConditionPromoted {
			return &target.Status.Conditions[i]
		}
	}
	return nil
}

// standing is where the target's rollout stands, as far as commands care.
type standing int

const (
	unseen    standing = iota // the controller has not said anything yet
	atRest                    // the wanted template serves everybody
	underWay                  // a rollout goes on, or a changed template is held for one
	rejected                  // the wanted template was rolled back
	unknowing                 // a word that this build does not know
)

// stand trusts the condition, but not beyond the template that it spoke about:
// a Deployment that the guard has just paused has a rollout ahead of it.
func stand(target *appsv1.Deployment) standing {
	said := condition(target)
	if said == nil {
		return unseen
	}
	switch said.Status {
	case corev1.ConditionTrue:
		if target.Spec.Paused {
			return underWay
		}
		return atRest
	case corev1.ConditionUnknown:
		return underWay
	case corev1.ConditionFalse:
		return rejected
	}
	return unknowing
}
