// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/traffic"
	"github.com/serin-dev/serin/pkg/workload"
)

// VirtualServices is where Istio's routes live.
var VirtualServices = schema.GroupVersionResource{Group: observe.VirtualServiceKind.Group, Version: observe.VirtualServiceKind.Version, Resource: "virtualservices"}

const (
	lastEvents = 8
	page       = 500 // objects in one answer of the API server
)

// Target reads the Deployment, opted in or not.
func (c *Cluster) Target(ctx context.Context, name string) (*appsv1.Deployment, error) {
	target, err := c.API.AppsV1().Deployments(c.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no Deployment %s in namespace %s; to see those that are opted in: kubectl serin list%s", name, c.Namespace, c.Where)
	}
	if err != nil {
		return nil, c.Explain(err, "get", "deployments", "reading Deployment "+name)
	}
	if owner := target.Labels[annotations.CanaryOf]; owner != "" {
		return nil, fmt.Errorf("%s is the canary of Deployment %s, which is the one to name", name, owner)
	}
	return target, nil
}

// Opted reads the Deployment, and refuses one that has not opted in.
func (c *Cluster) Opted(ctx context.Context, name string) (*appsv1.Deployment, error) {
	target, err := c.Target(ctx, name)
	if err == nil && !annotations.OptedIn(target.Annotations) {
		return nil, c.NotOptedIn(target)
	}
	return target, err
}

// List reads all opted-in Deployments of a namespace, or of all where it is empty.
func (c *Cluster) List(ctx context.Context, namespace string) ([]appsv1.Deployment, error) {
	var opted []appsv1.Deployment
	options := metav1.ListOptions{Limit: page}
	for {
		list, err := c.API.AppsV1().Deployments(namespace).List(ctx, options)
		if err != nil {
			return nil, c.explainIn(err, namespace, "list", "deployments", "listing Deployments")
		}
		for _, d := range list.Items {
			if annotations.OptedIn(d.Annotations) {
				opted = append(opted, d)
			}
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return opted, nil
		}
	}
}

// Judge reads no more than it takes to tell what became of the template.
func (c *Cluster) Judge(ctx context.Context, target *appsv1.Deployment) model.Objects {
	o := model.Objects{Target: target}
	said := model.Condition(target)
	if said == nil {
		return o
	}
	switch said.Status {
	case corev1.ConditionTrue:
		c.readSets(ctx, &o)
	case corev1.ConditionFalse:
		c.readCanary(ctx, &o)
	case corev1.ConditionUnknown:
	}
	return o
}

// Read reads all that there is about the target. What may not be read is told
// as a gap.
func (c *Cluster) Read(ctx context.Context, target *appsv1.Deployment) model.Objects {
	o := model.Objects{Target: target}
	for _, read := range []func(context.Context, *model.Objects){c.readCanary, c.readSets, c.readPods, c.readRoutes, c.readEvents} {
		read(ctx, &o)
	}
	return o
}

func miss(o *model.Objects, err error) { o.Gaps = append(o.Gaps, err.Error()) }

func (c *Cluster) readCanary(ctx context.Context, o *model.Objects) {
	canary, err := c.API.AppsV1().Deployments(o.Target.Namespace).Get(ctx, workload.CanaryName(o.Target.Name), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		o.CanaryKnown = true
	case err != nil:
		miss(o, c.Explain(err, "get", "deployments", "reading the canary Deployment"))
	case metav1.IsControlledBy(canary, o.Target): // somebody else's Deployment of that name is no canary
		o.Canary, o.CanaryKnown = canary, true
	default:
		o.CanaryKnown = true
	}
}

func (c *Cluster) readSets(ctx context.Context, o *model.Objects) {
	selector := metav1.FormatLabelSelector(o.Target.Spec.Selector)
	sets, err := c.API.AppsV1().ReplicaSets(o.Target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		miss(o, c.Explain(err, "list", "replicasets", "reading the version that serves"))
		return
	}
	for _, set := range sets.Items {
		if metav1.IsControlledBy(&set, o.Target) {
			o.ReplicaSets = append(o.ReplicaSets, set)
		}
	}
}

// readPods reads the pods of both Deployments: the canary's have the target's
// labels, too.
func (c *Cluster) readPods(ctx context.Context, o *model.Objects) {
	selector := metav1.FormatLabelSelector(o.Target.Spec.Selector)
	pods, err := c.API.CoreV1().Pods(o.Target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		miss(o, c.Explain(err, "list", "pods", "reading the pods"))
		return
	}
	o.Pods = pods.Items
}

// readRoutes reads the VirtualServices that reach the Service, in all namespaces
// where that is allowed. A cluster without Istio has none.
func (c *Cluster) readRoutes(ctx context.Context, o *model.Objects) {
	name := model.Memo(o.Target).Service
	if c.Any == nil || name == "" {
		return // outside of a rollout nothing of ours is in any of them
	}
	all, err := c.Routes(ctx, o.Target.Namespace)
	if err != nil {
		miss(o, err)
	}
	service := traffic.Service{Name: name, Namespace: o.Target.Namespace}
	for _, vs := range all {
		if traffic.Routes(vs, service) {
			o.Routes = append(o.Routes, vs)
		}
	}
}

// Routes reads all VirtualServices that may be read: everywhere, or at least in
// the namespace. An error goes with what could be read.
func (c *Cluster) Routes(ctx context.Context, namespace string) ([]*unstructured.Unstructured, error) {
	list, err := c.Any.Resource(VirtualServices).List(ctx, metav1.ListOptions{})
	var gap error
	if apierrors.IsForbidden(err) && namespace != "" {
		gap = c.explainIn(err, "", "list", "virtualservices.networking.istio.io", "reading routes of other namespaces")
		list, err = c.Any.Resource(VirtualServices).Namespace(namespace).List(ctx, metav1.ListOptions{})
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, c.explainIn(err, namespace, "list", "virtualservices.networking.istio.io", "reading the routes")
	}
	var all []*unstructured.Unstructured
	for i := range list.Items {
		all = append(all, &list.Items[i])
	}
	return all, gap
}

func (c *Cluster) readEvents(ctx context.Context, o *model.Objects) {
	selector := fields.Set{"involvedObject.kind": "Deployment", "involvedObject.name": o.Target.Name}.AsSelector().String()
	list, err := c.API.CoreV1().Events(o.Target.Namespace).List(ctx, metav1.ListOptions{FieldSelector: selector})
	if err != nil {
		miss(o, c.Explain(err, "list", "events", "reading Events"))
		return
	}
	events := slices.DeleteFunc(list.Items, func(e corev1.Event) bool { return e.InvolvedObject.UID != o.Target.UID })
	slices.SortStableFunc(events, func(a, b corev1.Event) int { return workload.Happened(a).Compare(workload.Happened(b)) })
	o.Events = events[max(0, len(events)-lastEvents):]
}
