// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/observe"
)

// The indexes over Deployments by which a change elsewhere finds its targets.
const (
	targetIndex  = "serin.target"  // "true" for a target: opted in, or with a memo
	serviceIndex = "serin.service" // the Service of the rollout under way
)

// CacheOptions keep opted-in Deployments whole and strip everything else to
// what is read of it: memory follows the number of targets, not of the
// cluster's objects. Where namespaces are named, nothing of others is asked for.
func CacheOptions(namespaces []string) cache.Options {
	canaries, err := labels.NewRequirement(annotations.CanaryOf, selection.Exists, nil)
	if err != nil {
		panic(err) // unreachable: the key is a constant
	}
	gates, err := labels.NewRequirement(annotations.GateOf, selection.Exists, nil)
	if err != nil {
		panic(err) // unreachable: the key is a constant
	}
	byName := func(name string) cache.ByObject {
		return cache.ByObject{Field: fields.OneTermEqualSelector("metadata.name", name), Transform: cache.TransformStripManagedFields()}
	}
	return cache.Options{
		DefaultNamespaces: within(namespaces),
		ByObject: map[client.Object]cache.ByObject{
			&appsv1.Deployment{}:                     {Transform: stripDeployment},
			&appsv1.ReplicaSet{}:                     {Transform: stripReplicaSet},
			&corev1.Pod{}:                            {Label: labels.NewSelector().Add(*canaries), Transform: cache.TransformStripManagedFields()},
			&corev1.Service{}:                        {Transform: cache.TransformStripManagedFields()},
			&corev1.Namespace{}:                      {Transform: cache.TransformStripManagedFields()},
			&discoveryv1.EndpointSlice{}:             {Transform: stripEndpointSlice},
			&autoscalingv2.HorizontalPodAutoscaler{}: {Transform: stripAutoscaler},
			&batchv1.Job{}:                           {Label: labels.NewSelector().Add(*gates), Transform: stripJob},
			metadataOf(crdKind):                      byName(meshCRD),
			metadataOf(policyKind):                   byName(guardName),
			metadataOf(bindingKind):                  byName(guardName),
		},
	}
}

// NewCache makes the cache of what this API server serves: options of a kind
// that it does not know are an error to a cache.
func NewCache(config *rest.Config, options cache.Options) (cache.Cache, error) {
	for object := range options.ByObject {
		kind, err := apiutil.GVKForObject(object, options.Scheme)
		if err != nil {
			return nil, fmt.Errorf("naming a kind of the cache: %w", err)
		}
		if _, err := options.Mapper.RESTMapping(kind.GroupKind(), kind.Version); meta.IsNoMatchError(err) {
			delete(options.ByObject, object)
		}
	}
	return cache.New(config, options)
}

func within(namespaces []string) map[string]cache.Config {
	if len(namespaces) == 0 {
		return nil
	}
	configs := map[string]cache.Config{}
	for _, namespace := range namespaces {
		configs[namespace] = cache.Config{}
	}
	return configs
}

// ClientOptions read from the cache, which shows this process's own writes. A
// Role lets its bearer read the namespace that it is in, and watch none: where
// namespaces are named, each is asked for when it is needed.
func ClientOptions(namespaces []string) client.Options {
	options := &client.CacheOptions{Unstructured: true, EnableReadYourWritesConsistency: new(true)}
	if len(namespaces) > 0 {
		options.DisableFor = []client.Object{&corev1.Namespace{}}
	}
	return client.Options{Cache: options}
}

func isTarget(d *appsv1.Deployment) bool {
	return annotations.OptedIn(d.Annotations) || d.Annotations[annotations.Rollout] != ""
}

func stripDeployment(object any) (any, error) {
	d, ok := object.(*appsv1.Deployment)
	if !ok {
		return object, nil
	}
	d.ManagedFields = nil
	if !isTarget(d) && d.Labels[annotations.CanaryOf] == "" {
		d.ObjectMeta = identity(d.ObjectMeta)
		d.Spec, d.Status = appsv1.DeploymentSpec{}, appsv1.DeploymentStatus{}
	}
	return d, nil
}

// identity is what a cache needs of an object that is not of interest.
func identity(m metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: m.Name, Namespace: m.Namespace, UID: m.UID, ResourceVersion: m.ResourceVersion, Generation: m.Generation}
}

// stripReplicaSet keeps the template where it will be compared: the Deployment
// controller copies a Deployment's annotations to its ReplicaSets.
func stripReplicaSet(object any) (any, error) {
	set, ok := object.(*appsv1.ReplicaSet)
	if !ok {
		return object, nil
	}
	set.ManagedFields = nil
	delete(set.Annotations, annotations.Journal) // the Deployment controller copies it
	if !annotations.OptedIn(set.Annotations) && set.Labels[annotations.CanaryOf] == "" {
		set.Spec.Template = corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: set.Spec.Template.Labels}}
	}
	return set, nil
}

func stripEndpointSlice(object any) (any, error) {
	slice, ok := object.(*discoveryv1.EndpointSlice)
	if !ok {
		return object, nil
	}
	slice.ManagedFields, slice.Annotations, slice.Ports = nil, nil, nil
	for i := range slice.Endpoints {
		e := &slice.Endpoints[i]
		*e = discoveryv1.Endpoint{TargetRef: e.TargetRef, Conditions: discoveryv1.EndpointConditions{Ready: e.Conditions.Ready}}
		if e.TargetRef != nil {
			e.TargetRef = &corev1.ObjectReference{Name: e.TargetRef.Name}
		}
	}
	return slice, nil
}

func stripAutoscaler(object any) (any, error) {
	scaler, ok := object.(*autoscalingv2.HorizontalPodAutoscaler)
	if !ok {
		return object, nil
	}
	scaler.ManagedFields, scaler.Annotations = nil, nil
	scaler.Spec = autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: scaler.Spec.ScaleTargetRef}
	scaler.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
	return scaler, nil
}

// stripJob keeps how far a Job has come.
func stripJob(object any) (any, error) {
	job, ok := object.(*batchv1.Job)
	if !ok {
		return object, nil
	}
	job.ManagedFields, job.Spec = nil, batchv1.JobSpec{}
	return job, nil
}

// addIndexes lets targets and ReplicaSets be found without walking all of them.
func addIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	for field, values := range map[string]client.IndexerFunc{
		targetIndex: func(object client.Object) []string {
			if d, ok := object.(*appsv1.Deployment); ok && isTarget(d) {
				return []string{"true"}
			}
			return nil
		},
		serviceIndex: func(object client.Object) []string {
			if memo, err := annotations.ReadMemo(object.GetAnnotations()[annotations.Rollout]); err == nil && memo.Service != "" {
				return []string{memo.Service}
			}
			return nil
		},
	} {
		if err := indexer.IndexField(ctx, &appsv1.Deployment{}, field, values); err != nil {
			return fmt.Errorf("indexing Deployments by %s: %w", field, err)
		}
	}
	owner := func(object client.Object) []string {
		if controller := metav1.GetControllerOf(object); controller != nil {
			return []string{string(controller.UID)}
		}
		return nil
	}
	if err := indexer.IndexField(ctx, &appsv1.ReplicaSet{}, observe.OwnerIndex, owner); err != nil {
		return fmt.Errorf("indexing ReplicaSets by owner: %w", err)
	}
	return nil
}
