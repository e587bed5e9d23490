// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/diff"
)

// prove compares the VirtualService with what its user wrote, field by field, and looks for anything of Serin's.
func prove(ctx context.Context, out *paper, c *cluster, written *unstructured.Unstructured) error {
	out.say(plain, "")
	out.say(bold, "What is left in the mesh?")
	now, err := c.objects.Resource(virtualServices).Namespace(written.GetNamespace()).Get(ctx, written.GetName(), metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading the VirtualService: %w", err)
	}
	before, after := usersPart(written), usersPart(now)
	if !equality.Semantic.DeepEqual(before, after) {
		out.say(red, "The VirtualService %s differs from what its user wrote (-) in what it is now (+):", written.GetName())
		out.say(plain, "%s", diff.Diff(before, after))
		return fmt.Errorf("the VirtualService is not what its user wrote")
	}
	out.say(green, "VirtualService %s/%s: spec, labels and annotations are identical to what its user wrote.", now.GetNamespace(), now.GetName())
	for _, resource := range []schema.GroupVersionResource{virtualServices, destinationRules} {
		list, err := c.objects.Resource(resource).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=serin"})
		if err != nil {
			return fmt.Errorf("listing %s: %w", resource.Resource, err)
		}
		if len(list.Items) > 0 {
			return fmt.Errorf("%s/%s in %s is left", list.Items[0].GetNamespace(), list.Items[0].GetName(), resource.Resource)
		}
	}
	out.say(green, "No VirtualService and no DestinationRule of Serin's is left in any namespace.")
	return nil
}

// usersPart is all of an object that a user writes.
func usersPart(object *unstructured.Unstructured) map[string]any {
	return map[string]any{"spec": object.Object["spec"], "labels": object.GetLabels(), "annotations": object.GetAnnotations()}
}
