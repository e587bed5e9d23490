// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// guardFiles are copies of deploy/guard: the lab stands alone, and a test keeps them equal.
//
//go:embed guard/*.yaml
var guardFiles embed.FS

// guardObjects are the guard's policies and bindings.
func guardObjects() ([]*unstructured.Unstructured, error) {
	files, err := fs.Glob(guardFiles, "guard/*.yaml")
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for _, file := range files {
		text, err := guardFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			object := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
				return nil, fmt.Errorf("reading %s: %w", file, err)
			}
			if object.GetName() != "" {
				objects = append(objects, object)
			}
		}
	}
	return objects, nil
}

// createGuard applies the guard, so that a lab holds changed templates as a cluster with Serin does.
func (c *client) createGuard(ctx context.Context) error {
	objects, err := guardObjects()
	if err != nil {
		return err
	}
	for _, object := range objects {
		kind := object.GroupVersionKind()
		// The kinds end in Policy and Binding.
		plural := strings.TrimSuffix(strings.ToLower(kind.Kind)+"s", "ys")
		if strings.HasSuffix(kind.Kind, "Policy") {
			plural += "ies"
		}
		resource := schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: plural}
		_, err := c.objects.Resource(resource).Create(ctx, object, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("creating %s %s: %w", kind.Kind, object.GetName(), err)
		}
	}
	return nil
}
