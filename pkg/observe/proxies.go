// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/istiod"
	"github.com/serin-dev/serin/pkg/rollout"
)

// askProxies says whether proxies follow the routes, where somebody can be
// asked and anything of ours is there to follow.
func (o *Observer) askProxies(ctx context.Context, w *World, s *rollout.Snapshot, fingerprint string) {
	if o.Proxies == nil || w.Rule == nil {
		return
	}
	want := istiod.Want{Host: w.Ref.Host(), Split: s.Routes.Split, Permille: int(s.Routes.Weight), Listener: hasListeners(w.VirtualServices), Print: fingerprint}
	answer := o.Proxies.Follow(ctx, w.Key, want, s.Plan.Settle, s.Now)
	s.Routes.Asked, s.Routes.Lagging, s.Routes.Served = true, answer.Lagging, answer.Served
}

// Running tells istiod's Follower whether a pod runs, by asking the API server.
// Where namespaces are named, pods of others may not be asked for, and are
// taken to have ended: one that has would else be waited for without an end.
func Running(live client.Reader, namespaces []string) func(context.Context, types.NamespacedName, time.Time) (bool, error) {
	return func(ctx context.Context, key types.NamespacedName, now time.Time) (bool, error) {
		if len(namespaces) > 0 && !slices.Contains(namespaces, key.Namespace) {
			return false, nil
		}
		pod := &corev1.Pod{}
		switch err := live.Get(ctx, key, pod); {
		case apierrors.IsNotFound(err):
			return false, nil
		case err != nil:
			return false, err
		}
		ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		overdue := pod.DeletionTimestamp != nil && pod.DeletionTimestamp.Time.Before(now) // on a node that is lost, too
		return !ended && !overdue, nil
	}
}

// hasListeners reports whether any rule is one that listeners carry, and not routes.
func hasListeners(routed []*unstructured.Unstructured) bool {
	for _, vs := range routed {
		for _, kind := range []string{"tcp", "tls"} {
			if rules, found, err := unstructured.NestedSlice(vs.Object, "spec", kind); found && err == nil && len(rules) > 0 {
				return true
			}
		}
	}
	return false
}
