// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/istiod"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// ErrStale means that the cache does not show this process's own last write
// yet: observe again in a moment.
var ErrStale = errors.New("the cache does not show the last write yet")

// Surroundings is what holds for the whole cluster.
type Surroundings interface {
	// Mesh reports whether Istio's API is served and watched. An error says
	// why that cannot be known, such as a missing permission.
	Mesh() (served bool, err error)
	// Guard reports what holds a changed template.
	Guard() rollout.Guard
}

// Observer reads. Cached is a cache that shows this process's own writes;
// Live asks the API server.
type Observer struct {
	Cached       client.Reader
	Live         client.Reader
	Surroundings Surroundings
	Memory       *Memory
	Proxies      *istiod.Follower     // nil: nobody can be asked whether proxies follow
	Pods         Witness              // of what a canary's pods leave behind; nil: nobody is asked
	Measure      Measurer             // nil: nothing is measured
	Gates        Gatekeeper           // nil: nobody asks gates, and there are none
	Checks       types.NamespacedName // the ConfigMap with checks of those that name none; empty: the built-in checks
	Domain       string               // of the cluster, such as cluster.local
}

// Observe gathers what is known of one target at the instant now. An API error
// is returned as it is.
func (o *Observer) Observe(ctx context.Context, key types.NamespacedName, now time.Time) (World, rollout.Snapshot, error) {
	w := World{Key: key, Wrote: o.Memory.wrote(key)}
	s := rollout.Snapshot{Now: now, Guard: o.Surroundings.Guard(), Verdict: analysis.NoChecks(), Waiting: o.Memory.waiting(key)}
	target := &appsv1.Deployment{}
	switch err := o.Cached.Get(ctx, key, target); {
	case apierrors.IsNotFound(err):
		s.Target.Gone = true
	case err != nil:
		return w, s, fmt.Errorf("reading Deployment %s: %w", key, err)
	default:
		w.Target = target
		o.readTarget(&w, &s)
		if err := o.readNamespace(ctx, &w, &s); err != nil {
			return w, s, err
		}
	}
	if err := o.readCanary(ctx, &w, &s); err != nil {
		return w, s, err
	}
	if !s.Target.Gone {
		if err := o.readRevisions(ctx, &w, &s); err != nil {
			return w, s, err
		}
	}
	if err := o.readTraffic(ctx, &w, &s); err != nil {
		return w, s, err
	}
	if err := o.judge(ctx, &w, &s); err != nil {
		return w, s, err
	}
	if err := o.examine(ctx, &w, &s); err != nil {
		return w, s, err
	}
	return w, s, nil
}

// Forget drops what is remembered of a target that is gone.
func (o *Observer) Forget(key types.NamespacedName) {
	o.Memory.Forget(key)
	if o.Proxies != nil {
		o.Proxies.Forget(key)
	}
	o.unmeasure(key)
	if o.Gates != nil {
		o.Gates.Keep(key, nil)
	}
}

// readTarget reads what the target says by itself.
func (o *Observer) readTarget(w *World, s *rollout.Snapshot) {
	target := w.Target
	s.Plan, s.Problems = annotations.Read(target.Annotations)
	memo, err := annotations.ReadMemo(target.Annotations[annotations.Rollout])
	if err != nil {
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.InvalidAnnotations, Message: err.Error()})
	}
	// A memo that was copied with the manifest of another Deployment is not this one's.
	if memo.UID != "" && memo.UID != string(target.UID) {
		memo = rollout.Memo{}
	}
	complete, stuck := workload.Finish(target)
	s.Target = rollout.Target{
		Gone:       target.DeletionTimestamp != nil,
		OptedIn:    annotations.OptedIn(target.Annotations),
		Generation: target.Generation,
		Replicas:   int(replicas(target.Spec.Replicas)),
		Paused:     target.Spec.Paused,
		Lagging:    target.Status.ObservedGeneration < target.Generation,
		Complete:   complete,
		Stuck:      stuck,
	}
	if s.Target.OptedIn || memo != (rollout.Memo{}) {
		memo.UID = string(target.UID)
	}
	s.Memo, w.Memo, w.Plan = memo, memo, s.Plan
}

// readNamespace: in a namespace that is being deleted the target is as good as
// gone, and nothing can be created any more.
func (o *Observer) readNamespace(ctx context.Context, w *World, s *rollout.Snapshot) error {
	w.Namespace = &corev1.Namespace{}
	// Nothing of ours writes it; and waiting for our own writes would watch all of them, which Roles do not allow.
	if err := o.Cached.Get(ctx, types.NamespacedName{Name: w.Key.Namespace}, w.Namespace, client.DisableReadYourWritesConsistency); err != nil {
		return fmt.Errorf("reading Namespace %s: %w", w.Key.Namespace, err)
	}
	s.Target.Gone = s.Target.Gone || w.Namespace.DeletionTimestamp != nil
	return nil
}

// replicas reads a size that the API server has defaulted.
func replicas(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

// examine adds what has to be put right before a rollout can begin or go on.
func (o *Observer) examine(ctx context.Context, w *World, s *rollout.Snapshot) error {
	if s.Target.Gone || !s.Target.OptedIn {
		return nil
	}
	if s.Canary.Foreign {
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.NameTaken,
			Message: fmt.Sprintf("Deployment %s exists and is not Serin's; rename it, the canary needs its name", workload.CanaryName(w.Key.Name))})
	}
	claims, err := o.claims(ctx, w, s)
	if err != nil {
		return err
	}
	s.Problems = append(s.Problems, workload.Problems(w.Target, claims)...)
	return nil
}
