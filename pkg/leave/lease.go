// SPDX-License-Identifier: Apache-2.0

package leave

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	holder = "serin-leave"
	// hold is for how long the controllers stay stopped: whoever waits for this
	// command takes them away meanwhile, and if nobody does they go on by themselves.
	hold = time.Minute
)

// stop takes the lease away from the controllers and looks whether a rollout
// has begun meanwhile. If one has, it gives the lease back.
func (l *Leaver) stop(ctx context.Context) (targets []*appsv1.Deployment, stopped bool, err error) {
	taken, err := l.take(ctx)
	if err != nil {
		return nil, false, err
	}
	if taken {
		select {
		case <-ctx.Done():
			l.giveBack(ctx)
			return nil, false, unfinished(nil, ctx.Err())
		case <-time.After(l.Writes):
		}
	}
	targets, err = l.targets(ctx)
	if under := only(targets, underWay); err == nil && len(under) == 0 {
		return targets, true, nil
	}
	if taken {
		l.giveBack(ctx)
	}
	if err != nil {
		l.Log.Info("Trying again", "error", err.Error())
	} else {
		l.Log.Info("A rollout has begun meanwhile: the controller goes on")
	}
	return nil, false, nil
}

// take reports whether there was a lease to take: a controller that is not
// elected has none.
func (l *Leaver) take(ctx context.Context) (bool, error) {
	for {
		lease := &coordinationv1.Lease{}
		err := l.Client.Get(ctx, l.Lease, lease)
		if apierrors.IsNotFound(err) {
			l.Log.Info("No lease to take: a controller without one is not stopped", "lease", l.Lease.String())
			return false, nil
		}
		if err == nil {
			now := metav1.NowMicro()
			lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds = new(holder), new(int32(hold.Seconds()))
			lease.Spec.AcquireTime, lease.Spec.RenewTime = &now, &now
			err = l.Client.Update(ctx, lease)
		}
		if err == nil {
			return true, nil
		}
		wait := l.Every
		switch {
		case apierrors.IsForbidden(err):
			return false, fmt.Errorf("stopping the controller: taking Lease %s: %w", l.Lease, err)
		case apierrors.IsConflict(err): // the controller renews it several times in a second
			wait /= 10
		default:
			l.Log.Info("Trying again", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("the time was up before the controller was stopped: taking Lease %s: %w", l.Lease, err)
		case <-time.After(wait):
		}
	}
}

// giveBack lets the controllers go on at once. Where it cannot, they go on when
// the lease has run out.
func (l *Leaver) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	lease := &coordinationv1.Lease{}
	err := l.Client.Get(ctx, l.Lease, lease)
	if err == nil {
		lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds = new(""), new(int32(1))
		err = l.Client.Update(ctx, lease)
	}
	if err != nil {
		l.Log.Info("The lease could not be given back; the controller goes on when it has run out", "after", hold.String(), "error", err.Error())
	}
}
