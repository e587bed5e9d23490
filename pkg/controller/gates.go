// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrl "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/serin-dev/serin/pkg/gates"
)

// gatekeeper asks gates by HTTP in the background. What it returns in addition
// has a rollout looked at again whose gate has answered.
func gatekeeper(mgr manager.Manager) (*gates.Follower, func(ctrl.Controller) error) {
	news := make(chan event.GenericEvent)
	follower := &gates.Follower{Clock: clock.RealClock{}, Changed: nudge(news), Secrets: secrets(mgr.GetAPIReader())}
	return follower, func(c ctrl.Controller) error {
		if err := c.Watch(source.Channel(news, &handler.EnqueueRequestForObject{})); err != nil {
			return fmt.Errorf("watching what gates answer: %w", err)
		}
		if err := mgr.Add(follower); err != nil {
			return fmt.Errorf("adding what asks gates: %w", err)
		}
		return nil
	}
}

// secrets asks the API server each time: Secrets are neither watched nor kept.
func secrets(live client.Reader) gates.Secrets {
	return func(ctx context.Context, key types.NamespacedName) (map[string][]byte, error) {
		secret := &corev1.Secret{}
		err := live.Get(ctx, key, secret)
		return secret.Data, err
	}
}

// nudge has a rollout looked at again.
func nudge(news chan<- event.GenericEvent) func(context.Context, types.NamespacedName) {
	return func(ctx context.Context, key types.NamespacedName) {
		select {
		case news <- event.GenericEvent{Object: &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}}:
		case <-ctx.Done():
		}
	}
}
