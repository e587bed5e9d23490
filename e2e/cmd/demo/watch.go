// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// news is something that changed: an Event of Serin's, or (nil) anything else that is looked at.
type news struct {
	event *eventsv1.Event
	split string // the weight in a VirtualService that changed
}

// watch tells of every change in the namespace until the context ends.
func (c *cluster) watch(ctx context.Context, namespace string) (<-chan news, error) {
	// As many as come while one line is printed: a watch must not wait for a terminal.
	changes := make(chan news, 1024)
	tell := func(object any) {
		if n, ok := newsOf(object); ok {
			select {
			case changes <- n:
			case <-ctx.Done():
			}
		}
	}
	handler := cache.ResourceEventHandlerFuncs{AddFunc: tell, UpdateFunc: func(_, object any) { tell(object) }, DeleteFunc: func(any) { tell(nil) }}
	typed := informers.NewSharedInformerFactoryWithOptions(c, 0, informers.WithNamespace(namespace))
	untyped := dynamicinformer.NewFilteredDynamicSharedInformerFactory(c.objects, 0, namespace, nil)
	for _, informer := range []cache.SharedIndexInformer{
		typed.Apps().V1().Deployments().Informer(), typed.Events().V1().Events().Informer(),
		untyped.ForResource(virtualServices).Informer(), untyped.ForResource(destinationRules).Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return nil, fmt.Errorf("watching namespace %s: %w", namespace, err)
		}
	}
	typed.Start(ctx.Done())
	untyped.Start(ctx.Done())
	typed.WaitForCacheSync(ctx.Done())
	untyped.WaitForCacheSync(ctx.Done())
	return changes, ctx.Err()
}

// newsOf picks out what matters: everything but the Events of others.
func newsOf(object any) (news, bool) {
	switch o := object.(type) {
	case *eventsv1.Event:
		return news{event: o}, o.ReportingController == "serin" && o.Regarding.Kind == "Deployment" && o.Regarding.Name == app
	case *appsv1.Deployment:
		return news{}, o.Name == app || o.Name == canaryName
	case *unstructured.Unstructured:
		if o.GetKind() == "VirtualService" {
			return news{split: splitOf(o).String()}, true
		}
	}
	return news{}, true
}
