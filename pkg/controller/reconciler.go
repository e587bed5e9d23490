// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
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
		r.Reporter.Refused(world, "Observe", err, r.Observer.Memory.Failed(request.NamespacedName, now))
		return reconcile.Result{}, fmt.Errorf("observing: %w", err)
	}
	r.Reporter.Tracer.Saw(world, snapshot.Target.Gone, now)
	decision := rollout.Decide(snapshot)
	world.Words = r.Observer.LastWords(ctx, world, snapshot, decision)
	changes, err := r.Applier.Apply(ctx, world, snapshot, decision)
	r.remember(request.NamespacedName, changes, now)
	r.Reporter.Happened(world, decision, changes, r.Observer.Memory.Undone())
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		log.FromContext(ctx).V(1).Info("The world moved on, looking again", "reason", decision.Reason, "conflict", err.Error())
		return reconcile.Result{RequeueAfter: again}, nil
	}
	if err != nil {
		r.Reporter.Refused(world, string(decision.Reason), err, r.Observer.Memory.Failed(request.NamespacedName, now))
		return reconcile.Result{}, fmt.Errorf("applying %s: %w", decision.Reason, err)
	}
	r.Observer.Memory.Waited(request.NamespacedName, decision.Reason, now)
	r.Reporter.Moved(ctx, world, snapshot, decision, changes)
	r.Reporter.Stands(world, snapshot, decision)
	r.Reporter.Unfiled(ctx, world, changes)
	wait := next(decision, changes)
	if snapshot.Target.Gone && wait == 0 {
		r.Observer.Forget(request.NamespacedName)
	}
	return reconcile.Result{RequeueAfter: wait}, nil
}

// remember keeps what was written until the cache shows it.
func (r *Reconciler) remember(key types.NamespacedName, changes apply.Changes, now time.Time) {
	r.Observer.Memory.Noted(key, changes.Wrote, changes.Recorded)
	r.Observer.Memory.Routed(key, changes.Routes)
	r.Observer.Memory.Wrote(changes.Rules)
	r.Observer.Memory.Removed(changes.Gone, now)
}

// next is when to look again, if nothing happens before; 0: not at all.
func next(d rollout.Decision, changes apply.Changes) time.Duration {
	switch {
	case changes.Any():
		return time.Millisecond
	case changes.Later:
		return later
	}
	return d.Recheck
}
