// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"context"
	"fmt"
	"io"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/plan"
	"github.com/serin-dev/serin/pkg/traffic"
	"github.com/serin-dev/serin/pkg/workload"
)

// cluster is what --server reads.
type cluster struct {
	reader    client.Reader
	namespace string
}

// plans reads what serves. A Deployment in a file is what is wanted next; other
// objects in files take the place of those in the cluster.
func (c cluster) plans(ctx context.Context, in *input, names []string, stdin io.Reader) ([]plan.Input, error) {
	files, err := in.read(stdin, c.namespace)
	if err != nil {
		return nil, err
	}
	if len(files.deployments) > 0 && len(names) == 0 {
		chosen, err := files.choose(nil)
		if err != nil {
			return nil, err
		}
		for _, d := range chosen {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("which Deployment? Type its NAME, or give its file with -f")
	}
	var inputs []plan.Input
	for _, name := range names {
		input, err := c.plan(ctx, in, name, files)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, input)
	}
	return inputs, nil
}

func (c cluster) plan(ctx context.Context, in *input, name string, files known) (plan.Input, error) {
	var next *appsv1.Deployment
	place := c.namespace
	for _, d := range files.deployments {
		if d.Name == name {
			next, place = d, d.Namespace
		}
	}
	target, err := c.target(ctx, place, name)
	if err != nil {
		return plan.Input{}, err
	}
	input := plan.Input{Target: target}
	if err := c.serving(ctx, &input); err != nil {
		return plan.Input{}, err
	}
	if err := c.around(ctx, &input, files); err != nil {
		return plan.Input{}, err
	}
	wanted, err := in.wanted(target)
	switch {
	case err != nil:
		return plan.Input{}, err
	case wanted != nil:
		input.Wanted = wanted
	case next != nil:
		return adopt(input, next), nil
	case input.Wanted != nil:
		input.Notes = append(input.Notes, "a rollout is under way, or its template was rejected; the plan is for that template, from the beginning")
	}
	return input, nil
}

func (c cluster) target(ctx context.Context, namespace, name string) (*appsv1.Deployment, error) {
	target := &appsv1.Deployment{}
	err := c.reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, target)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no Deployment %s in namespace %s; to see those that are there: kubectl get deployments -n %s", name, namespace, namespace)
	}
	if err != nil {
		return nil, explain(err, "get", "deployments", namespace, "reading Deployment "+name)
	}
	return target, nil
}

// adopt takes what the file wants. Whether its template differs from what
// serves cannot be known for sure: the API server has filled in defaults.
func adopt(input plan.Input, next *appsv1.Deployment) plan.Input {
	input.Target.Annotations = next.Annotations
	if next.Spec.Replicas != nil {
		input.Target.Spec.Replicas = next.Spec.Replicas
	}
	input.Target.Spec.Strategy = next.Spec.Strategy
	input.Wanted = &next.Spec.Template
	if slices.Equal(images(next.Spec.Template), images(input.Target.Spec.Template)) {
		input.Notes = append(input.Notes, "the file names the images that serve already; if nothing else in the template differs, applying it starts no rollout")
	}
	return input
}

func images(template corev1.PodTemplateSpec) []string {
	var all []string
	for _, container := range template.Spec.Containers {
		all = append(all, container.Image)
	}
	return all
}

// serving puts back the template that serves, where another is held and wanted.
func (c cluster) serving(ctx context.Context, input *plan.Input) error {
	target := input.Target
	memo, err := annotations.ReadMemo(target.Annotations[annotations.Rollout])
	if err != nil {
		input.Notes = append(input.Notes, err.Error())
	}
	if memo.Lowered > 0 && size(target.Spec.Replicas) == memo.Lowered { // by the ratio of pods, during a rollout
		target.Spec.Replicas = new(int32(memo.Size)) //nolint:gosec // it was a Deployment's size
	}
	sets := &appsv1.ReplicaSetList{}
	if err := c.reader.List(ctx, sets, client.InNamespace(target.Namespace)); err != nil {
		return explain(err, "list", "replicasets", target.Namespace, "reading what serves")
	}
	for i := range sets.Items {
		if metav1.IsControlledBy(&sets.Items[i], target) {
			recognise(input, &sets.Items[i], memo.Stable)
		}
	}
	return nil
}

// recognise takes note of the ReplicaSet that serves. The target has its
// template, or another that is held.
func recognise(input *plan.Input, set *appsv1.ReplicaSet, stable string) {
	target, hash := input.Target, set.Labels[appsv1.DefaultDeploymentUniqueLabelKey]
	same := workload.SameTemplate(set.Spec.Template, target.Spec.Template)
	if hash == stable || (stable == "" && same) {
		input.Stable = hash
	}
	if hash == stable && !same {
		held := target.Spec.Template
		input.Wanted = &held
		target.Spec.Template = *set.Spec.Template.DeepCopy()
		delete(target.Spec.Template.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	}
}

func size(n *int32) int {
	if n == nil {
		return 1
	}
	return int(*n)
}

// around reads everything around the target.
func (c cluster) around(ctx context.Context, input *plan.Input, files known) error {
	place := input.Target.Namespace
	space := &corev1.Namespace{}
	switch err := c.reader.Get(ctx, client.ObjectKey{Name: place}, space); {
	case apierrors.IsForbidden(err):
		input.Notes = append(input.Notes, fmt.Sprintf("Namespace %s may not be read, so whether it asks for Istio's injection is not known", place))
	case err != nil:
		return explain(err, "get", "namespaces", place, "reading Namespace "+place)
	default:
		input.Others = append(input.Others, space)
	}
	services, scalers := &corev1.ServiceList{}, &autoscalingv2.HorizontalPodAutoscalerList{}
	claims := &corev1.PersistentVolumeClaimList{}
	for resource, list := range map[string]client.ObjectList{"services": services, "horizontalpodautoscalers": scalers, "persistentvolumeclaims": claims} {
		if err := c.reader.List(ctx, list, client.InNamespace(place)); err != nil {
			return explain(err, "list", resource, place, "reading "+resource)
		}
		input.Others = append(input.Others, items(list)...)
	}
	for _, kind := range []schema.GroupVersionKind{observe.VirtualServiceKind, observe.DestinationRuleKind} {
		if err := c.mesh(ctx, input, kind); err != nil {
			return err
		}
	}
	input.Others = merge(unsplit(input.Others), files)
	return c.judging(ctx, input, files)
}

// unsplit gives routes back as they were written, where a rollout is under way.
func unsplit(objects []client.Object) []client.Object {
	for i, object := range objects {
		vs, ok := object.(*unstructured.Unstructured)
		if !ok || vs.GetKind() != observe.VirtualServiceKind.Kind {
			continue
		}
		for _, other := range objects {
			if svc, ok := other.(*corev1.Service); ok {
				vs, _ = traffic.Restore(vs, traffic.Service{Name: svc.Name, Namespace: svc.Namespace})
			}
		}
		objects[i] = vs
	}
	return objects
}

func items(list client.ObjectList) []client.Object {
	var all []client.Object
	_ = meta.EachListItem(list, func(object runtime.Object) error { // a list has items
		all = append(all, object.(client.Object))
		return nil
	})
	return all
}

// mesh reads one of Istio's kinds in all namespaces: gateways are elsewhere.
func (c cluster) mesh(ctx context.Context, input *plan.Input, kind schema.GroupVersionKind) error {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind)
	err := c.reader.List(ctx, list)
	if apierrors.IsForbidden(err) {
		input.Notes = append(input.Notes, fmt.Sprintf("%ss of other namespaces may not be read, so routes there are not in the plan", kind.Kind))
		err = c.reader.List(ctx, list, client.InNamespace(input.Target.Namespace))
	}
	switch {
	case meta.IsNoMatchError(err) || apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return explain(err, "list", kind.Kind, input.Target.Namespace, "reading "+kind.Kind+"s")
	}
	input.Mesh = true
	for i := range list.Items {
		if list.Items[i].GetLabels()[annotations.ManagedBy] != annotations.Manager { // of a rollout under way
			input.Others = append(input.Others, &list.Items[i])
		}
	}
	return nil
}

// merge lets objects from files take the place of those in the cluster.
func merge(cluster []client.Object, files known) []client.Object {
	type key struct{ kind, namespace, name string }
	of := func(object client.Object) key {
		kind := fmt.Sprintf("%T", object)
		if u, ok := object.(*unstructured.Unstructured); ok {
			kind = u.GetKind()
		}
		return key{kind, object.GetNamespace(), object.GetName()}
	}
	var all []client.Object
	seen := map[key]bool{}
	for _, object := range files.objects {
		if _, target := object.(*appsv1.Deployment); !target {
			all = append(all, object)
			seen[of(object)] = true
		}
	}
	for _, object := range cluster {
		if !seen[of(object)] {
			all = append(all, object)
		}
	}
	return all
}

// explain names the verb that a person lacks; other errors speak for themselves.
func explain(err error, verb, resource, namespace, doing string) error {
	if apierrors.IsForbidden(err) {
		return fmt.Errorf("%s: you lack the permission to %s %s in namespace %s; to check: kubectl auth can-i %s %s -n %s", doing, verb, resource, namespace, verb, resource, namespace)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
