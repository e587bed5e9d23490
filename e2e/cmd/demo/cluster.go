// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

//go:embed shop.yaml plain.yaml
var manifests embed.FS

// cluster is the control plane as its user meets it.
type cluster struct {
	kubernetes.Interface
	objects dynamic.Interface
	mapper  meta.RESTMapper
	notices *notices
}

func connect(kubeconfig string) (*cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading the lab's kubeconfig: %w", err)
	}
	c := &cluster{notices: &notices{}}
	config.QPS, config.WarningHandler = -1, c.notices
	if c.Interface, err = kubernetes.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("connecting to the lab: %w", err)
	}
	if c.objects, err = dynamic.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("connecting to the lab: %w", err)
	}
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(c.Discovery()))
	return c, nil
}

// notices keeps what the API server warns about, for people at a keyboard.
type notices struct {
	mu    sync.Mutex
	heard []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (n *notices) HandleWarningHeader(_ int, _, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = append(n.heard, text)
}

// taken are the warnings since the last call.
func (n *notices) taken() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	heard := n.heard
	n.heard = nil
	return heard
}

// applyGuard installs what the guard's kustomization lists.
func (c *cluster) applyGuard(ctx context.Context, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	if err != nil {
		return fmt.Errorf("reading the guard: %w", err)
	}
	var kustomization struct{ Resources []string }
	if err := yaml.Unmarshal(text, &kustomization); err != nil {
		return fmt.Errorf("reading the guard's kustomization: %w", err)
	}
	for _, name := range kustomization.Resources {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("reading the guard: %w", err)
		}
		if _, err := c.apply(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// apply does what "kubectl apply --server-side" does, and returns the objects as they were written.
func (c *cluster) apply(ctx context.Context, manifest []byte) ([]*unstructured.Unstructured, error) {
	objects, err := decode(manifest)
	if err != nil {
		return nil, err
	}
	for _, object := range objects {
		kind := object.GroupVersionKind()
		mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return nil, fmt.Errorf("looking up %s: %w", kind, err)
		}
		var client dynamic.ResourceInterface = c.objects.Resource(mapping.Resource)
		if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
			client = c.objects.Resource(mapping.Resource).Namespace(object.GetNamespace())
		}
		// Forced: a lab that brings a guard of its own is to have this one.
		if _, err := client.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: "kubectl", Force: true}); err != nil {
			return nil, fmt.Errorf("applying %s %s: %w", kind.Kind, object.GetName(), err)
		}
	}
	return objects, nil
}

// decode reads numbers as the API machinery does, so that what was written can be compared with what is read back.
func decode(manifest []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLToJSONDecoder(bytes.NewReader(manifest))
	for {
		var text runtime.RawExtension
		err := decoder.Decode(&text)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		object := &unstructured.Unstructured{}
		if err == nil {
			err = object.UnmarshalJSON(text.Raw)
		}
		if err != nil {
			return nil, fmt.Errorf("decoding a manifest: %w", err)
		}
		objects = append(objects, object)
	}
}

// setImage does what "kubectl set image" does.
func (c *cluster) setImage(ctx context.Context, namespace, image string, options metav1.PatchOptions) (*appsv1.Deployment, error) {
	patch := fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":%q,"image":%q}]}}}}`, app, image)
	target, err := c.AppsV1().Deployments(namespace).Patch(ctx, app, types.StrategicMergePatchType, []byte(patch), options)
	if err != nil {
		return nil, fmt.Errorf("setting the image of Deployment %s/%s: %w", namespace, app, err)
	}
	return target, nil
}

// awaitGuard waits until the API server acts on the guard, which it does a moment after it has stored it. Nothing can be
// watched for that: it is asked what it would do.
func (c *cluster) awaitGuard(ctx context.Context, namespace string) error {
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		c.notices.taken()
		target, err := c.setImage(ctx, namespace, "registry.test/shop:v0", metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			return false, err
		}
		return target.Spec.Paused && strings.Contains(strings.Join(c.notices.taken(), " "), "is held"), nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the API server to act on the guard: %w", err)
	}
	return nil
}
