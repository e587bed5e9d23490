// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/workload"
)

// finder finds the targets that a changed object matters to. It reads the cache only.
type finder struct{ client.Reader }

func request(namespace, name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}

// targets are those that match; an empty namespace is all of them.
func (f finder) targets(ctx context.Context, namespace string, match func(*appsv1.Deployment) bool, by client.MatchingFields) []reconcile.Request {
	list := &appsv1.DeploymentList{}
	// A cache that cannot answer is ending; its targets are looked at when it starts again.
	if err := f.List(ctx, list, client.InNamespace(namespace), by, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil
	}
	var found []reconcile.Request
	for i := range list.Items {
		if d := &list.Items[i]; match(d) {
			found = append(found, request(d.Namespace, d.Name))
		}
	}
	return found
}

// all looks at every target; see targetIndex.
var all = client.MatchingFields{targetIndex: "true"}

func anyTarget(*appsv1.Deployment) bool { return true }

func (f finder) everyone(ctx context.Context) []reconcile.Request {
	return f.targets(ctx, "", anyTarget, all)
}

func (f finder) canaryOf(ctx context.Context, namespace, label string) []reconcile.Request {
	return f.targets(ctx, namespace, func(d *appsv1.Deployment) bool { return workload.CanaryOf(d.Name) == label }, all)
}

// deployment: a target is its own, a canary Deployment is its owner's. One that
// is somebody else's may have a name that a canary needs.
func (f finder) deployment(ctx context.Context, object client.Object) []reconcile.Request {
	d, ok := object.(*appsv1.Deployment)
	switch {
	case !ok:
		return nil
	case d.Labels[annotations.CanaryOf] != "":
		return owner(d)
	case isTarget(d):
		return []reconcile.Request{request(d.Namespace, d.Name)}
	case workload.IsCanaryName(d.Name):
		return f.targets(ctx, d.Namespace, func(t *appsv1.Deployment) bool { return workload.CanaryName(t.Name) == d.Name }, all)
	default:
		return nil
	}
}

func owner(object client.Object) []reconcile.Request {
	if controller := metav1.GetControllerOf(object); controller != nil && controller.Kind == "Deployment" {
		return []reconcile.Request{request(object.GetNamespace(), controller.Name)}
	}
	return nil
}

func (f finder) replicaSet(ctx context.Context, object client.Object) []reconcile.Request {
	if label := object.GetLabels()[annotations.CanaryOf]; label != "" {
		return f.canaryOf(ctx, object.GetNamespace(), label)
	}
	found := owner(object)
	if len(found) == 0 {
		return nil
	}
	return f.targets(ctx, object.GetNamespace(), func(d *appsv1.Deployment) bool { return d.Name == found[0].Name }, all)
}

func (f finder) pod(ctx context.Context, object client.Object) []reconcile.Request {
	return f.canaryOf(ctx, object.GetNamespace(), object.GetLabels()[annotations.CanaryOf])
}

// endpoints matter to a rollout under way only.
func (f finder) endpoints(ctx context.Context, object client.Object) []reconcile.Request {
	return f.targets(ctx, object.GetNamespace(), anyTarget, client.MatchingFields{serviceIndex: object.GetLabels()[discoveryv1.LabelServiceName]})
}

// service: any target of its namespace may have been waiting for it.
func (f finder) service(ctx context.Context, object client.Object) []reconcile.Request {
	return f.targets(ctx, object.GetNamespace(), anyTarget, all)
}

func (f finder) autoscaler(ctx context.Context, object client.Object) []reconcile.Request {
	scaler, ok := object.(*autoscalingv2.HorizontalPodAutoscaler)
	if !ok {
		return nil
	}
	return f.targets(ctx, object.GetNamespace(), func(d *appsv1.Deployment) bool { return d.Name == scaler.Spec.ScaleTargetRef.Name }, all)
}

// mesh: our objects say whose they are, and another Deployment of the same
// Service may wait for them to go; a user's object matters to the rollouts
// under way whose Service it may name.
func (f finder) mesh(ctx context.Context, object client.Object) []reconcile.Request {
	if target := object.GetAnnotations()[observe.TargetAnnotation]; target != "" {
		others := f.targets(ctx, object.GetNamespace(), func(d *appsv1.Deployment) bool { return d.Name != target }, all)
		return append(others, request(object.GetNamespace(), target))
	}
	return f.targets(ctx, "", func(d *appsv1.Deployment) bool {
		memo, err := annotations.ReadMemo(d.Annotations[annotations.Rollout])
		return err == nil && memo.Service != ""
	}, all)
}

// job is of a gate, and its owner's.
func (f finder) job(_ context.Context, object client.Object) []reconcile.Request {
	return owner(object)
}
