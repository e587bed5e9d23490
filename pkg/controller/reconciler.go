// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/serin-dev/serin/pkg/apply"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Reconciler brings one target forward.
type Reconciler struct {
	Observer *observe.Observer
	Applier  *apply.Applier
	Reporter Reporter
	Clock    clock.PassiveClock
	// Ready reports whether the surroundings of all targets are known.
	Ready func() bool
}

// again is when to look again after a write, and while the surroundings are not known.
const again = 100 * time.Millisecond

// soon is when a cache that lags behind our own write is looked at again.
const soon = 10 * time.Millisecond

// later is when a rollout that ended is tried again to be filed.
const later = 30 * time.Second

// Reconcile observes, decides, applies and reports.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if !r.Ready() {
		return reconcile.Result{RequeueAfter: again}, nil
	}
	now := r.Clock.Now()
	world, snapshot, err := r.Observer.Observe(ctx, request.NamespacedName, now)
	if errors.Is(err, observe.ErrStale) {
		return reconcile.Result{RequeueAfter: soon}, nil
	}
	if err != nil {
		r.Reporter.Refused(world, "Observe", err)
		return reconcile.Result{}, fmt.Errorf("observing: %w", err)
	}
	decision := rollout.Decide(snapshot)
	world.Words = r.Observer.LastWords(ctx, world, snapshot, decision)
	changes, err := r.Applier.Apply(ctx, world, snapshot, decision)
	r.Observer.Memory.Noted(request.NamespacedName, changes.Wrote, changes.Recorded)
	r.Observer.Memory.Routed(request.NamespacedName, changes.Routes)
	r.Observer.Memory.Wrote(changes.Rules)
	r.Observer.Memory.Removed(changes.Gone, now)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		log.FromContext(ctx).V(1).Info("The world moved on, looking again", "reason", decision.Reason, "conflict", err.Error())
		return reconcile.Result{RequeueAfter: again}, nil
	}
	if err != nil {
		r.Reporter.Refused(world, string(decision.Reason), err)
		return reconcile.Result{}, fmt.Errorf("applying %s: %w", decision.Reason, err)
	}
	r.Observer.Memory.Waited(request.NamespacedName, decision.Reason, now)
	r.Reporter.Moved(ctx, world, snapshot, decision, changes)
	r.Reporter.Unfiled(ctx, world, changes)
	switch {
	case changes.Any():
		return reconcile.Result{RequeueAfter: time.Millisecond}, nil
	case changes.Later:
		return reconcile.Result{RequeueAfter: later}, nil
	case snapshot.Target.Gone && decision.Recheck == 0:
		r.Observer.Forget(request.NamespacedName)
	}
	return reconcile.Result{RequeueAfter: decision.Recheck}, nil
}
