// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
)

// The waits of what follows a Deployment.
const (
	retryAfter  = time.Second      // after an API server that did not answer
	readTimeout = 5 * time.Second  // of one read, so that a server that hangs is noticed
	watchFor    = 60 * time.Second // of one watch, so that one that hangs unnoticed ends
	lookAgain   = 2 * time.Second  // where nothing changed, and where watching is not allowed
)

// Step is one thing that a follower is told: a version of the Deployment, that
// time passed without one, or that the API server does not answer.
type Step struct {
	Target  *appsv1.Deployment // the latest that is known; nil before the first
	New     bool               // it has not been told of before
	Trouble error              // why nothing newer is known
}

// Follow tells every version of the Deployment, in order, until tell says that
// it is done, or returns an error, or the context ends. It looks again every
// two seconds, so that what waits for time is asked, too. What cannot be
// followed for good (it is gone, or may not be read) ends it.
func (c *Cluster) Follow(ctx context.Context, name string, tell func(Step) (done bool, err error)) error {
	f := &follower{c: c, name: name, tell: tell}
	for {
		done, err := f.pass(ctx)
		if done || (err != nil && !passing(err)) {
			return err
		}
		if err != nil {
			if done, told := tell(Step{Target: f.last, Trouble: err}); done || told != nil {
				return told
			}
		}
		if err := pause(ctx, retryAfter); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

type follower struct {
	c    *Cluster
	name string
	tell func(Step) (bool, error)
	last *appsv1.Deployment
}

// see tells of a version, once.
func (f *follower) see(target *appsv1.Deployment) (bool, error) {
	fresh := f.last == nil || f.last.ResourceVersion != target.ResourceVersion
	f.last = target
	return f.tell(Step{Target: target, New: fresh})
}

// pass reads the Deployment, and follows it for as long as one watch lasts.
func (f *follower) pass(ctx context.Context) (bool, error) {
	target, err := f.read(ctx)
	if err != nil {
		return false, err
	}
	if done, err := f.see(target); done || err != nil {
		return done, err
	}
	seconds := int64(watchFor.Seconds())
	w, err := f.c.API.AppsV1().Deployments(f.c.Namespace).Watch(ctx, metav1.ListOptions{
		FieldSelector:   fields.OneTermEqualSelector(metav1.ObjectNameField, f.name).String(),
		ResourceVersion: target.ResourceVersion, TimeoutSeconds: &seconds,
	})
	switch {
	case apierrors.IsForbidden(err): // looking again and again does as well, only later
		return false, pause(ctx, lookAgain-retryAfter)
	case err != nil:
		return false, fmt.Errorf("watching Deployment %s: %w", f.name, err)
	}
	defer w.Stop()
	return f.drain(ctx, w)
}

func (f *follower) read(ctx context.Context) (*appsv1.Deployment, error) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	target, err := f.c.Target(limited, f.name)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return target, err
}

// drain tells of everything that the watch tells of.
func (f *follower) drain(ctx context.Context, w watch.Interface) (bool, error) {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		var done bool
		var err error
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-tick.C:
			done, err = f.tell(Step{Target: f.last})
		case event, open := <-w.ResultChan():
			if !open || event.Type == watch.Error {
				return false, nil // read again, and watch from there
			}
			done, err = f.take(event)
		}
		if done || err != nil {
			return done, err
		}
	}
}

// take tells of a version that is new.
func (f *follower) take(event watch.Event) (bool, error) {
	target, isTarget := event.Object.(*appsv1.Deployment)
	switch {
	case !isTarget || target.Name != f.name:
		return false, nil
	case event.Type == watch.Deleted:
		return false, fmt.Errorf("Deployment %s was deleted", f.name) //nolint:staticcheck // a kind begins with a capital letter
	case target.ResourceVersion == f.last.ResourceVersion:
		return false, nil
	}
	return f.see(target)
}

// ErrTimeout is the cause of a context whose time is up.
var ErrTimeout = errors.New("the time is up")
