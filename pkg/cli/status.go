// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/serin-dev/serin/pkg/annotations"
)

const lastEvents = 8

func statusCommand(connect connector) *cobra.Command {
	return &cobra.Command{
		Use: "status NAME", Short: "Show where the rollout of a Deployment stands, and why",
		Long: "Show what Serin last said about the Deployment, the step under way, the pods of both Deployments, and the last Events.",
		Example: "  kubectl serin status shop -n shop\n\n" +
			"  # Wait for the end in a script\n  kubectl wait --for=condition=serin.dev/Promoted deployment/shop --timeout=30m",
		Args: oneName,
		RunE: func(command *cobra.Command, args []string) error {
			s, err := connect()
			if err != nil {
				return err
			}
			v, err := s.view(command.Context(), args[0])
			if err != nil {
				return err
			}
			return v.print(command.OutOrStdout())
		},
	}
}

// view is everything that status shows.
type view struct {
	now    time.Time
	where  string
	target *appsv1.Deployment
	canary *appsv1.Deployment // nil: there is none
	images []string           // of the pods that serve, where that is known
	events []corev1.Event     // oldest first
	gaps   []string           // what could not be read, and why
}

// view reads what there is. Only without the target there is nothing to show.
func (s *session) view(ctx context.Context, name string) (*view, error) {
	target, err := s.target(ctx, name)
	if err != nil {
		return nil, err
	}
	if !annotations.OptedIn(target.Annotations) && !traces(target) {
		return nil, s.notOptedIn(target)
	}
	v := &view{now: s.now(), where: s.where, target: target}
	v.canary, err = s.canary(ctx, target)
	v.miss(err)
	v.images, err = s.stableImages(ctx, target)
	v.miss(err)
	v.events, err = s.events(ctx, target)
	v.miss(err)
	return v, nil
}

// traces reports whether a Deployment that opted out is still being let go.
func traces(target *appsv1.Deployment) bool {
	said := condition(target)
	return target.Annotations[annotations.Rollout] != "" && said != nil && said.Status == corev1.ConditionUnknown
}

func (v *view) miss(err error) {
	if err != nil {
		v.gaps = append(v.gaps, err.Error())
	}
}

func (s *session) canary(ctx context.Context, target *appsv1.Deployment) (*appsv1.Deployment, error) {
	canary, err := s.client.AppsV1().Deployments(s.namespace).Get(ctx, target.Name+"-canary", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // no canary is an ordinary state
	}
	if err != nil {
		return nil, s.explain(err, "get", "deployments", "reading the canary Deployment")
	}
	if !metav1.IsControlledBy(canary, target) {
		return nil, nil //nolint:nilnil // somebody else's Deployment of that name is no canary
	}
	return canary, nil
}

// stableImages finds what serves. While a template is held, the target's own
// spec has what is wanted instead.
func (s *session) stableImages(ctx context.Context, target *appsv1.Deployment) ([]string, error) {
	memo, err := annotations.ReadMemo(target.Annotations[annotations.Rollout])
	if err != nil || memo.Stable == "" {
		return nil, nil //nolint:nilerr // a memo that cannot be read is told about where the plan is
	}
	selector := metav1.FormatLabelSelector(target.Spec.Selector)
	sets, err := s.client.AppsV1().ReplicaSets(s.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, s.explain(err, "list", "replicasets", "reading the images that serve")
	}
	for _, set := range sets.Items {
		if metav1.IsControlledBy(&set, target) && set.Labels[appsv1.DefaultDeploymentUniqueLabelKey] == memo.Stable {
			return images(set.Spec.Template), nil
		}
	}
	return nil, nil
}

func images(template corev1.PodTemplateSpec) []string {
	var all []string
	for _, container := range template.Spec.Containers {
		all = append(all, container.Image)
	}
	return all
}

// events reads the target's last Events, oldest first.
func (s *session) events(ctx context.Context, target *appsv1.Deployment) ([]corev1.Event, error) {
	selector := fields.Set{"involvedObject.kind": "Deployment", "involvedObject.name": target.Name}.AsSelector().String()
	list, err := s.client.CoreV1().Events(s.namespace).List(ctx, metav1.ListOptions{FieldSelector: selector})
	if err != nil {
		return nil, s.explain(err, "list", "events", "reading Events")
	}
	events := slices.DeleteFunc(list.Items, func(e corev1.Event) bool { return e.InvolvedObject.UID != target.UID })
	slices.SortStableFunc(events, func(a, b corev1.Event) int { return happened(a).Compare(happened(b)) })
	return events[max(0, len(events)-lastEvents):], nil
}

// happened is the last time of an Event. The two Event APIs fill in different
// fields of one object.
func happened(e corev1.Event) time.Time {
	switch {
	case e.Series != nil:
		return e.Series.LastObservedTime.Time
	case !e.LastTimestamp.IsZero():
		return e.LastTimestamp.Time
	case !e.EventTime.IsZero():
		return e.EventTime.Time
	}
	return e.CreationTimestamp.Time
}
