// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	toolswatch "k8s.io/client-go/tools/watch"
)

// The kinds of Istio that a rollout writes to.
var (
	VirtualServices  = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}
	DestinationRules = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"}
)

// Recorder keeps the journals of all namespaces.
type Recorder struct {
	mu       sync.Mutex
	journals map[string]*Journal
}

// New makes a recorder that knows nothing yet.
func New() *Recorder { return &Recorder{journals: map[string]*Journal{}} }

// Of is a namespace's journal.
func (r *Recorder) Of(namespace string) *Journal {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, found := r.journals[namespace]
	if !found {
		j = &Journal{latest: View{}, changed: make(chan struct{})}
		r.journals[namespace] = j
	}
	return j
}

// Source lists and watches one kind.
type Source struct {
	list  func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error)
}

// From makes a source of any client's part for a kind.
func From[L runtime.Object, C interface {
	List(ctx context.Context, options metav1.ListOptions) (L, error)
	Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error)
}](client C) Source {
	return Source{
		list:  func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return client.List(ctx, o) },
		watch: client.Watch,
	}
}

// WatchWithContext implements cache.WatcherWithContext.
func (s Source) WatchWithContext(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	return s.watch(ctx, o)
}

// Record follows a kind from now on until the context ends.
func (r *Recorder) Record(ctx context.Context, kind string, s Source) error {
	list, err := s.list(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return err
	}
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return err
	}
	watcher, err := toolswatch.NewRetryWatcherWithContext(ctx, accessor.GetResourceVersion(), s)
	if err != nil {
		return err
	}
	go func() {
		for event := range watcher.ResultChan() {
			if object, err := meta.Accessor(event.Object); err == nil {
				r.Of(object.GetNamespace()).add(kind, object, event)
			}
		}
	}()
	return nil
}

// Follow records everything that a test may want to look at, with Istio's objects if there are such, until the context ends.
func (r *Recorder) Follow(ctx context.Context, kube kubernetes.Interface, objects dynamic.Interface, istio bool) error {
	apps, core, discovery, events := kube.AppsV1(), kube.CoreV1(), kube.DiscoveryV1(), kube.EventsV1()
	sources := map[string]Source{
		"Deployment":    From(apps.Deployments(corev1.NamespaceAll)),
		"ReplicaSet":    From(apps.ReplicaSets(corev1.NamespaceAll)),
		"Pod":           From(core.Pods(corev1.NamespaceAll)),
		"Service":       From(core.Services(corev1.NamespaceAll)),
		"EndpointSlice": From(discovery.EndpointSlices(corev1.NamespaceAll)),
		"Event":         From(events.Events(corev1.NamespaceAll)),
	}
	if istio {
		sources["VirtualService"] = From(objects.Resource(VirtualServices))
		sources["DestinationRule"] = From(objects.Resource(DestinationRules))
	}
	for kind, source := range sources {
		if err := r.Record(ctx, kind, source); err != nil {
			return fmt.Errorf("watching %ss: %w", kind, err)
		}
	}
	return nil
}
