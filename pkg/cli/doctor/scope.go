// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/permissions"
)

// controllers are the Deployments of the controller. One that runs elsewhere
// has none here.
func (e *examination) controllers(ctx context.Context) ([]appsv1.Deployment, error) {
	list, err := e.API.AppsV1().Deployments(e.Controller).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=serin"})
	if err != nil {
		return nil, e.In(e.Controller).Explain(err, "list", "deployments", "reading the controller's Deployment")
	}
	return list.Items, nil
}

// scope is whose Deployments the controller looks after, as its flags say, and
// which of its flags take permissions of their own.
type scope struct {
	namespaces []string
	selector   string
	flags      []string
}

func readScope(controllers []appsv1.Deployment) (s scope) {
	s.selector = flagOf(controllers, "--namespace-selector")
	if names := flagOf(controllers, "--namespaces"); names != "" {
		s.namespaces = strings.Split(names, ",")
	}
	if isSet(controllers, "--"+permissions.MetricsSecure) {
		s.flags = []string{permissions.MetricsSecure}
	}
	return s
}

// outside says why the controller does not look at a Deployment that opted in.
// Another controller may.
func (e *examination) outside(ctx context.Context, target *appsv1.Deployment) []model.Finding {
	why := ""
	switch selector, err := labels.Parse(e.scope.selector); {
	case len(e.scope.namespaces) > 0 && !slices.Contains(e.scope.namespaces, target.Namespace):
		why = fmt.Sprintf("the controller looks after the namespaces %s only (--namespaces)", strings.Join(e.scope.namespaces, ", "))
	case err == nil && !selector.Empty():
		namespace := &corev1.Namespace{}
		if err := e.Reader.Get(ctx, types.NamespacedName{Name: target.Namespace}, namespace); err == nil && !selector.Matches(labels.Set(namespace.Labels)) {
			why = fmt.Sprintf("the controller looks after namespaces with the labels %s only (--namespace-selector)", e.scope.selector)
		}
	}
	if why == "" {
		return nil
	}
	return []model.Finding{{About: target.Namespace + "/" + target.Name, Level: model.Note,
		Text: fmt.Sprintf("%s, and namespace %s is not among them: unless another controller does, nobody takes its rollouts further", why, target.Namespace),
		Do:   "give the controller this namespace, too (the chart: namespaces, namespaceSelector), or opt the Deployment out"}}
}

// isSet reports whether a flag of the controller's that takes no value is there.
func isSet(deployments []appsv1.Deployment, flag string) bool {
	return slices.ContainsFunc(commandLines(deployments), func(words []string) bool {
		return slices.Contains(words, flag) || slices.Contains(words, flag+"=true")
	})
}

// flagOf is the value of a flag of the controller's, in either of its forms.
func flagOf(deployments []appsv1.Deployment, flag string) string {
	for _, words := range commandLines(deployments) {
		for i, word := range words {
			if value, found := strings.CutPrefix(word, flag+"="); found {
				return value
			}
			if word == flag && i+1 < len(words) {
				return words[i+1]
			}
		}
	}
	return ""
}

// commandLines are what each container is called with.
func commandLines(deployments []appsv1.Deployment) (all [][]string) {
	for _, d := range deployments {
		for _, container := range d.Spec.Template.Spec.Containers {
			all = append(all, slices.Concat(container.Command, container.Args))
		}
	}
	return all
}
