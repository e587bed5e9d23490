// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	authentication "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

const (
	systemNamespace = "serin-system"
	guardFile       = "guard/policy.yaml"
)

// manifests are the objects in a file of deploy.
func manifests(file string) ([]*unstructured.Unstructured, error) {
	content, err := os.ReadFile(filepath.Join("..", "..", "deploy", file))
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLToJSONDecoder(bytes.NewReader(content))
	for {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", file, err)
		case len(object.Object) > 0: // a heading is an empty document
			objects = append(objects, object)
		}
	}
}

// resourceFor is where objects of that kind live. It knows the endings of the kinds in deploy.
func (c *cluster) resourceFor(object *unstructured.Unstructured) dynamic.ResourceInterface {
	kind := object.GroupVersionKind()
	plural := strings.ToLower(kind.Kind)
	if stem, found := strings.CutSuffix(plural, "y"); found {
		plural = stem + "ie"
	}
	resource := c.any.Resource(schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: plural + "s"})
	if object.GetNamespace() != "" {
		return resource.Namespace(object.GetNamespace())
	}
	return resource
}

// apply does what kubectl apply -f deploy/FILE does.
func (c *cluster) apply(ctx context.Context, file string) error {
	objects, err := manifests(file)
	if err != nil {
		return err
	}
	options := metav1.ApplyOptions{FieldManager: "test", Force: true}
	for _, object := range objects {
		if _, err := c.resourceFor(object).Apply(ctx, object.GetName(), object, options); err != nil {
			return fmt.Errorf("applying %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// remove does what kubectl delete -f deploy/FILE does.
func (c *cluster) remove(ctx context.Context, file string) error {
	objects, err := manifests(file)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := c.resourceFor(object).Delete(ctx, object.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("deleting %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// installGuard returns when the API server acts on the guard.
func (c *cluster) installGuard(ctx context.Context) error {
	if err := c.apply(ctx, guardFile); err != nil {
		return err
	}
	return c.awaitGuard(ctx)
}

// awaitGuard tries, on a Deployment made for it, whether a new template is held.
func (c *cluster) awaitGuard(ctx context.Context) error { return c.guardIn(ctx, systemNamespace) }

func (c *cluster) guardIn(ctx context.Context, namespace string) error {
	deployments := c.api.AppsV1().Deployments(namespace)
	probe := deploymentOf("guard-probe", 0, map[string]string{"serin.dev/canary": "true"})
	if _, err := deployments.Create(ctx, probe, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("creating a Deployment to try the guard on: %w", err)
	}
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		tried, err := deployments.Patch(ctx, probe.Name, types.StrategicMergePatchType, imagePatch("shop:v2"),
			metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		return err == nil && tried.Spec.Paused, nil
	})
	if err != nil {
		err = fmt.Errorf("waiting for the guard to be active: %w", err)
	}
	return errors.Join(err, deployments.Delete(ctx, probe.Name, metav1.DeleteOptions{}))
}

// tokenOf asks for a token of a ServiceAccount in the controller's namespace.
func (c *cluster) tokenOf(ctx context.Context, account string) (string, error) {
	return c.tokenIn(ctx, systemNamespace, account)
}

func (c *cluster) tokenIn(ctx context.Context, namespace, account string) (string, error) {
	hours := int64(4 * 60 * 60)
	request := &authentication.TokenRequest{Spec: authentication.TokenRequestSpec{ExpirationSeconds: &hours}}
	answer, err := c.api.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("asking for a token of %s: %w", account, err)
	}
	return answer.Status.Token, nil
}
