// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/trace"
	"github.com/serin-dev/serin/pkg/workload"
)

// lately is for how long after its end a rollout may not have been told by
// whoever led before.
const lately = 5 * time.Minute

// retracer tells, when this process begins to lead, how rollouts ended a moment
// before: its predecessor may have been killed before it told.
type retracer struct {
	cached client.Reader // of Deployments
	live   client.Reader // of records, which are not watched
	tracer *Tracer
	clock  clock.PassiveClock
}

// retraceBy adds it, where something is traced.
func retraceBy(mgr manager.Manager, tracer *Tracer) error {
	if tracer == nil {
		return nil
	}
	if err := mgr.Add(&retracer{cached: mgr.GetClient(), live: mgr.GetAPIReader(), tracer: tracer, clock: clock.RealClock{}}); err != nil {
		return fmt.Errorf("adding what tells the ends of rollouts again: %w", err)
	}
	return nil
}

// Start reads the record of each target once. A record that cannot be read has
// nothing to tell.
func (r *retracer) Start(ctx context.Context) error {
	targets := &appsv1.DeploymentList{}
	if err := r.cached.List(ctx, targets, all); err != nil {
		return fmt.Errorf("listing Deployments: %w", err)
	}
	for i := range targets.Items {
		if err := r.retrace(ctx, &targets.Items[i]); err != nil {
			log.FromContext(ctx).V(1).Info("What ended before is not traced", "deployment", client.ObjectKeyFromObject(&targets.Items[i]), "why", err.Error())
		}
	}
	return nil
}

func (r *retracer) retrace(ctx context.Context, target *appsv1.Deployment) error {
	stored := &corev1.ConfigMap{}
	if err := r.live.Get(ctx, client.ObjectKey{Namespace: target.Namespace, Name: workload.RecordName(target.Name)}, stored); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !workload.IsRecord(stored, target.Name) || !metav1.IsControlledBy(stored, target) {
		return nil
	}
	kept, err := record.Decode(stored.Data[workload.RecordKey])
	if err != nil {
		return err
	}
	for _, one := range kept.Rollouts {
		if r.clock.Since(one.Ended) < lately {
			r.tracer.Repeat(trace.Subject{Namespace: target.Namespace, Deployment: target.Name, UID: string(target.UID)}, one)
		}
	}
	return nil
}
