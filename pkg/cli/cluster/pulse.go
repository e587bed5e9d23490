// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/serin-dev/serin/pkg/cli/model"
)

const (
	gather    = 100 * time.Millisecond // changes within it are looked at once
	unwatched = 5 * time.Second        // how often that is looked at which may not be watched
)

// Watch tells where the rollout stands, whenever anything changes that belongs
// to it, until tell says that it is done or the context ends. While the API
// server does not answer, it tells the error and what was known before.
func (c *Cluster) Watch(ctx context.Context, name string, tell func(r model.Rollout, trouble error) (done bool, err error)) error {
	target, err := c.Target(ctx, name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pulse := c.pulse(ctx, target)
	var known model.Rollout
	for {
		trouble := c.look(ctx, name, &known)
		if trouble != nil && !passing(trouble) {
			return trouble
		}
		if done, err := tell(known, trouble); done || err != nil {
			return err
		}
		if err := untilNews(ctx, pulse, trouble); err != nil {
			return err
		}
	}
}

// untilNews waits for a change and those that come with it, or for a moment
// where the API server did not answer.
func untilNews(ctx context.Context, pulse <-chan struct{}, trouble error) error {
	if trouble != nil {
		return pause(ctx, retryAfter)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-pulse:
		return pause(ctx, gather)
	}
}

func (c *Cluster) look(ctx context.Context, name string, known *model.Rollout) error {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	target, err := c.Target(limited, name)
	if err == nil {
		*known = model.Of(c.Read(limited, target), c.Now())
	} else if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// pulse beats when something changes that belongs to the target.
func (c *Cluster) pulse(ctx context.Context, target *appsv1.Deployment) <-chan struct{} {
	beats := make(chan struct{}, 1)
	labels := metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(target.Spec.Selector)}
	watches := []func(context.Context) (watch.Interface, error){
		func(ctx context.Context) (watch.Interface, error) { // the canary Deployment is one of them
			return c.API.AppsV1().Deployments(target.Namespace).Watch(ctx, metav1.ListOptions{})
		},
		func(ctx context.Context) (watch.Interface, error) {
			return c.API.CoreV1().Pods(target.Namespace).Watch(ctx, labels)
		},
	}
	if c.Any != nil {
		watches = append(watches, func(ctx context.Context) (watch.Interface, error) {
			return c.Any.Resource(VirtualServices).Namespace(target.Namespace).Watch(ctx, metav1.ListOptions{})
		})
	}
	for _, begin := range watches {
		go feel(ctx, begin, beats)
	}
	return beats
}

// feel beats for each change, and now and then while there is no watch: what
// may not be watched is looked at all the same.
func feel(ctx context.Context, begin func(context.Context) (watch.Interface, error), beats chan<- struct{}) {
	for ctx.Err() == nil {
		wait := unwatched
		if w, err := begin(ctx); err == nil {
			drain(ctx, w, beats)
			wait = retryAfter
		}
		if pause(ctx, wait) != nil {
			return
		}
		beat(beats)
	}
}

func drain(ctx context.Context, w watch.Interface, beats chan<- struct{}) {
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, open := <-w.ResultChan():
			if !open || event.Type == watch.Error {
				return
			}
			beat(beats)
		}
	}
}

// beat never waits: one beat that was not looked at yet stands for all.
func beat(beats chan<- struct{}) {
	select {
	case beats <- struct{}{}:
	default:
	}
}
