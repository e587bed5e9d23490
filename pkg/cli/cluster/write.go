// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// manager names us among the managers of fields.
const manager = "kubectl-serin"

// Annotate writes one annotation, or takes it away where the value is empty.
// With a resource version it fails if anything was written since.
func (c *Cluster) Annotate(ctx context.Context, name, key, value, resourceVersion string) (*appsv1.Deployment, error) {
	var wanted any
	if value != "" {
		wanted = value
	}
	meta := map[string]any{"annotations": map[string]any{key: wanted}}
	if resourceVersion != "" {
		meta["resourceVersion"] = resourceVersion
	}
	patch, err := json.Marshal(map[string]any{"metadata": meta})
	if err != nil {
		return nil, fmt.Errorf("writing annotation %s: %w", key, err)
	}
	return c.patch(ctx, name, types.MergePatchType, patch, false, "annotating Deployment "+name)
}

// Change is a change of a Deployment's template that was not made yet.
type Change struct {
	kind  types.PatchType
	patch []byte
}

// Make makes the change, or, dry, only asks what it would make of the Deployment.
func (c *Cluster) Make(ctx context.Context, name string, change Change, dry bool) (*appsv1.Deployment, error) {
	return c.patch(ctx, name, change.kind, change.patch, dry, "changing the template of Deployment "+name)
}

func (c *Cluster) patch(ctx context.Context, name string, kind types.PatchType, patch []byte, dry bool, doing string) (*appsv1.Deployment, error) {
	options := metav1.PatchOptions{FieldManager: manager}
	if dry {
		options.DryRun = []string{metav1.DryRunAll}
	}
	target, err := c.API.AppsV1().Deployments(c.Namespace).Patch(ctx, name, kind, patch, options)
	if err != nil {
		return nil, c.Explain(err, "patch", "deployments", doing)
	}
	return target, nil
}

// SetImages changes the images of containers, by their names, and nothing else.
func SetImages(images map[string]string) (Change, error) {
	var containers []map[string]string
	for name, image := range images {
		containers = append(containers, map[string]string{"name": name, "image": image})
	}
	return template(map[string]any{"spec": map[string]any{"containers": containers}})
}

// Restart changes the annotation that kubectl rollout restart changes.
func Restart(at string) (Change, error) {
	return template(map[string]any{"metadata": map[string]any{"annotations": map[string]string{"kubectl.kubernetes.io/restartedAt": at}}})
}

func template(fields map[string]any) (Change, error) {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": fields}})
	return Change{types.StrategicMergePatchType, patch}, err
}

// Replace puts another template in the place of the target's, if nothing was
// written since the target was read. Fields that this build does not know are
// left as they are.
func Replace(target *appsv1.Deployment, wanted corev1.PodTemplateSpec) (Change, error) {
	changed := target.DeepCopy()
	changed.Spec.Template = wanted
	before, err := json.Marshal(target)
	if err != nil {
		return Change{}, fmt.Errorf("comparing templates: %w", err)
	}
	after, err := json.Marshal(changed)
	if err != nil {
		return Change{}, fmt.Errorf("comparing templates: %w", err)
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, appsv1.Deployment{})
	if err != nil {
		return Change{}, fmt.Errorf("comparing templates: %w", err)
	}
	var fields map[string]any
	if err := json.Unmarshal(patch, &fields); err != nil {
		return Change{}, fmt.Errorf("comparing templates: %w", err)
	}
	fields["metadata"] = map[string]any{"resourceVersion": target.ResourceVersion}
	patch, err = json.Marshal(fields)
	return Change{types.StrategicMergePatchType, patch}, err
}
