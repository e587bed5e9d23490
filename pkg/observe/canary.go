// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// readCanary reads the canary Deployment and how its pods fare.
func (o *Observer) readCanary(ctx context.Context, w *World, s *rollout.Snapshot) error {
	canary := &appsv1.Deployment{}
	key := types.NamespacedName{Namespace: w.Key.Namespace, Name: workload.CanaryName(w.Key.Name)}
	err := o.Cached.Get(ctx, key, canary)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading Deployment %s: %w", key, err)
	}
	s.Canary.Exists = true
	if canary.Labels[annotations.CanaryOf] != workload.CanaryOf(w.Key.Name) || canary.Labels[annotations.ManagedBy] != annotations.Manager {
		s.Canary = rollout.Canary{Exists: true, Foreign: true}
		return nil
	}
	w.Canary = canary
	s.Canary.Desired = int(replicas(canary.Spec.Replicas))
	if w.Target != nil {
		s.Target.WantsCanary = workload.SameTemplate(canary.Spec.Template, w.Target.Spec.Template)
	}
	return o.readCanaryPods(ctx, w, s)
}

// readCanaryPods judges the pods of the canary's present template.
func (o *Observer) readCanaryPods(ctx context.Context, w *World, s *rollout.Snapshot) error {
	current, err := o.currentSet(ctx, w.Canary)
	if err != nil {
		return err
	}
	list := &corev1.PodList{}
	if err := o.Cached.List(ctx, list, client.InNamespace(w.Key.Namespace), client.MatchingLabels{annotations.CanaryOf: workload.CanaryOf(w.Key.Name)}); err != nil {
		return fmt.Errorf("listing canary pods of %s: %w", w.Key, err)
	}
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			s.Canary.Pods++
		}
	}
	if current == nil {
		return nil
	}
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool {
		return pod.Labels[appsv1.DefaultDeploymentUniqueLabelKey] != hash(current)
	})
	w.Pods = pods
	ready, err := o.inEndpoints(ctx, types.NamespacedName{Namespace: w.Key.Namespace, Name: s.Memo.Service})
	if err != nil {
		return err
	}
	s.Canary.Available = min(revision(current).Available, w.serving(ready))
	health := workload.Examine(w.Canary, pods, s.Plan.MaxRestarts)
	s.Canary.Failure, s.Canary.Waiting = health.Failure, health.Waiting
	return nil
}

// serving counts the canary's pods that are ready and get traffic. A pod that
// only others call ready may have a fault that is not seen here yet.
func (w *World) serving(inEndpoints map[string]bool) (n int) {
	for _, pod := range w.Pods {
		since, isReady := readySince(pod)
		if !since.IsZero() {
			w.readySince = append(w.readySince, since)
		}
		if isReady && inEndpoints[pod.Name] {
			n++
		}
	}
	return n
}

// currentSet is the canary's ReplicaSet of its present template.
func (o *Observer) currentSet(ctx context.Context, canary *appsv1.Deployment) (*appsv1.ReplicaSet, error) {
	sets, err := o.owned(ctx, canary)
	if err != nil {
		return nil, err
	}
	for i := range sets {
		if err := o.fill(ctx, &sets[i]); err != nil {
			return nil, err
		}
	}
	return alike(sets, canary.Spec.Template), nil
}

// inEndpoints names the pods that the Service sends traffic to.
func (o *Observer) inEndpoints(ctx context.Context, service types.NamespacedName) (map[string]bool, error) {
	ready := map[string]bool{}
	if service.Name == "" {
		return ready, nil
	}
	list := &discoveryv1.EndpointSliceList{}
	if err := o.Cached.List(ctx, list, client.InNamespace(service.Namespace), client.MatchingLabels{discoveryv1.LabelServiceName: service.Name}); err != nil {
		return nil, fmt.Errorf("listing EndpointSlices of Service %s: %w", service, err)
	}
	for _, slice := range list.Items {
		for _, endpoint := range slice.Endpoints {
			if endpoint.TargetRef != nil && (endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready) {
				ready[endpoint.TargetRef.Name] = true
			}
		}
	}
	return ready, nil
}

// readySince reports whether a pod is ready, and since when where that is known.
func readySince(pod corev1.Pod) (since time.Time, isReady bool) {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
			return c.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}
