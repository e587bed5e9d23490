// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrl "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/apply"
	"github.com/serin-dev/serin/pkg/gates"
	"github.com/serin-dev/serin/pkg/istiod"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/metrics"
	"github.com/serin-dev/serin/pkg/observe"
)

// Options are what a person may set.
type Options struct {
	ClusterDomain string          // such as cluster.local
	Workers       int             // rollouts that are looked at side by side
	Selector      labels.Selector // of namespaces whose Deployments are looked after
	Namespaces    []string        // the only ones that anything is read in; empty: all
	Istiod        *istiod.Client  // whom to ask whether proxies follow; nil: nobody
	Prometheus    *Prometheus     // whom to ask how canaries fare; nil: nobody
	Trace         *Tracer         // nil: nothing is traced
}

// Prometheus is by what canaries are measured.
type Prometheus struct {
	Asker   measure.Asker
	Presets []presets.Preset
	Checks  types.NamespacedName // the ConfigMap with checks of those that name none; empty: the built-in checks
}

// passTimeout bounds one pass: a cache that stopped must not hold a worker for ever.
const passTimeout = 30 * time.Second

// An error is retried after the first wait, then ever more rarely, until the
// last: nobody tells when a permission is granted, or a webhook mended.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// AddToManager adds the controller, its watches and its surroundings.
func AddToManager(ctx context.Context, mgr manager.Manager, o Options) error {
	if err := addIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	board := &metrics.Board{Clock: clock.RealClock{}}
	metrics.Register(board)
	around := &surroundings{cache: mgr.GetCache(), live: mgr.GetAPIReader(), mapper: mgr.GetRESTMapper(), namespaces: o.Namespaces,
		log: mgr.GetLogger().WithName("surroundings"), clock: clock.RealClock{}}
	pods, err := kubernetes.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return fmt.Errorf("making the client that reads logs: %w", err)
	}
	observer := observer(mgr, pods, around, o)
	asker, heard := gatekeeper(mgr)
	observer.Gates = asker
	c, err := ctrl.New("rollout", mgr, ctrl.Options{
		MaxConcurrentReconciles: o.Workers,
		EnableWarmup:            new(true),
		ReconciliationTimeout:   passTimeout,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		Reconciler:              reconciler(mgr, board, around, observer, asker, o),
	})
	if err != nil {
		return fmt.Errorf("creating the controller: %w", err)
	}
	find := finder{mgr.GetClient()}
	if err := watch(mgr, c, find, around); err != nil {
		return err
	}
	if err := mgr.Add(around); err != nil {
		return fmt.Errorf("adding the surroundings: %w", err)
	}
	if err := heard(c); err != nil {
		return err
	}
	if err := retraceBy(mgr, o.Trace); err != nil {
		return err
	}
	if o.Prometheus != nil {
		return measureBy(mgr, c, observer, *o.Prometheus)
	}
	return nil
}

// measureBy has canaries measured in the background. A rollout of which
// something new is known is looked at again.
func measureBy(mgr manager.Manager, c ctrl.Controller, observer *observe.Observer, p Prometheus) error {
	news := make(chan event.GenericEvent)
	if err := c.Watch(source.Channel(news, &handler.EnqueueRequestForObject{})); err != nil {
		return fmt.Errorf("watching what is measured: %w", err)
	}
	follower := &measure.Follower{Asker: timed{p.Asker, clock.RealClock{}}, Presets: p.Presets, Clock: clock.RealClock{}, Changed: nudge(news)}
	observer.Measure, observer.Checks = follower, p.Checks
	if err := mgr.Add(follower); err != nil {
		return fmt.Errorf("adding what measures: %w", err)
	}
	return nil
}

func reconciler(mgr manager.Manager, board *metrics.Board, around *surroundings, observer *observe.Observer, asker *gates.Follower, o Options) reconcile.Reconciler {
	whole := &Reconciler{
		Observer: observer,
		Applier:  &apply.Applier{Client: client.WithFieldOwner(mgr.GetClient(), annotations.Manager), Live: mgr.GetAPIReader(), Gates: asker},
		Reporter: Reporter{Events: mgr.GetEventRecorder(annotations.Manager), Board: board, Tracer: o.Trace},
		Clock:    clock.RealClock{},
		Ready:    around.Ready,
	}
	if o.Selector == nil || o.Selector.Empty() {
		return whole
	}
	return selective{Reconciler: whole, reader: mgr.GetClient(), namespaces: o.Selector}
}

func observer(mgr manager.Manager, pods kubernetes.Interface, around *surroundings, o Options) *observe.Observer {
	observer := &observe.Observer{Cached: mgr.GetClient(), Live: mgr.GetAPIReader(), Surroundings: around, Memory: observe.NewMemory(), Domain: o.ClusterDomain, Pods: observe.Kubelets{Client: pods}}
	if o.Istiod != nil {
		observer.Proxies = &istiod.Follower{Client: o.Istiod, Runs: observe.Running(mgr.GetAPIReader(), o.Namespaces)}
	}
	return observer
}

func watch(mgr manager.Manager, c ctrl.Controller, find finder, around *surroundings) error {
	for object, targets := range map[client.Object]handler.MapFunc{
		&appsv1.Deployment{}:                     find.deployment,
		&appsv1.ReplicaSet{}:                     find.replicaSet,
		&corev1.Pod{}:                            find.pod,
		&corev1.Service{}:                        find.service,
		&discoveryv1.EndpointSlice{}:             find.endpoints,
		&autoscalingv2.HorizontalPodAutoscaler{}: find.autoscaler,
		&batchv1.Job{}:                           find.job,
	} {
		if err := c.Watch(source.Kind(mgr.GetCache(), object, handler.EnqueueRequestsFromMapFunc(targets))); err != nil {
			return fmt.Errorf("watching %T: %w", object, err)
		}
	}
	nudges := make(chan event.GenericEvent)
	everyone := func(ctx context.Context, _ client.Object) []reconcile.Request { return find.everyone(ctx) }
	if err := c.Watch(source.Channel(nudges, handler.EnqueueRequestsFromMapFunc(everyone))); err != nil {
		return fmt.Errorf("watching the surroundings: %w", err)
	}
	around.changed = func(ctx context.Context) {
		select {
		case nudges <- event.GenericEvent{Object: &appsv1.Deployment{}}:
		case <-ctx.Done():
		}
	}
	around.meshed = func(context.Context) error {
		for _, kind := range []schema.GroupVersionKind{observe.VirtualServiceKind, observe.DestinationRuleKind} {
			object := &unstructured.Unstructured{}
			object.SetGroupVersionKind(kind)
			if err := c.Watch(source.Kind[client.Object](mgr.GetCache(), object, handler.EnqueueRequestsFromMapFunc(find.mesh))); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}
