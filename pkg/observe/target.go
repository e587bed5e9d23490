// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// OwnerIndex finds ReplicaSets by the UID of the Deployment that controls them.
const OwnerIndex = "serin.owner"

func (o *Observer) owned(ctx context.Context, owner *appsv1.Deployment) ([]appsv1.ReplicaSet, error) {
	list := &appsv1.ReplicaSetList{}
	if err := o.Cached.List(ctx, list, client.InNamespace(owner.Namespace), client.MatchingFields{OwnerIndex: string(owner.UID)}); err != nil {
		return nil, fmt.Errorf("listing ReplicaSets of Deployment %s/%s: %w", owner.Namespace, owner.Name, err)
	}
	return list.Items, nil
}

// readRevisions tells stable, wanted and judged apart among the target's ReplicaSets.
//
// Stable is what the memo names. A memo that names none, or one that is gone,
// leaves what serves: the ReplicaSet with the most available pods, or the
// latest that was rolled out where none has any.
func (o *Observer) readRevisions(ctx context.Context, w *World, s *rollout.Snapshot) error {
	if !s.Target.OptedIn && w.Memo == (rollout.Memo{}) {
		return nil
	}
	sets, err := o.owned(ctx, w.Target)
	if err != nil {
		return err
	}
	slices.SortFunc(sets, func(a, b appsv1.ReplicaSet) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	w.ReplicaSets = sets
	for i := range sets {
		if err := o.fill(ctx, &sets[i]); err != nil {
			return err
		}
	}
	tellApart(w, s)
	return nil
}

func tellApart(w *World, s *rollout.Snapshot) {
	sets := w.ReplicaSets
	// Like the Deployment controller, take the oldest where several are alike.
	if wanted := alike(sets, w.Target.Spec.Template); wanted != nil {
		s.Wanted = revision(wanted)
	}
	if w.Canary != nil {
		if judged := alike(sets, w.Canary.Spec.Template); judged != nil {
			s.Judged = revision(judged)
		}
	}
	stable := trusted(sets, w.Memo.Stable)
	if stable == nil {
		return
	}
	s.Stable = revision(stable)
	s.Target.WantsStable = workload.SameTemplate(stable.Spec.Template, w.Target.Spec.Template)
	for i := range sets {
		if h := hash(&sets[i]); h != s.Stable.Hash && h != s.Wanted.Hash && h != s.Judged.Hash {
			s.Others += int(replicas(sets[i].Spec.Replicas))
		}
	}
}

// trusted is the one that the memo names, or else what serves.
func trusted(sets []appsv1.ReplicaSet, name string) *appsv1.ReplicaSet {
	for i := range sets {
		if name != "" && hash(&sets[i]) == name {
			return &sets[i]
		}
	}
	return serving(sets)
}

func alike(sets []appsv1.ReplicaSet, template corev1.PodTemplateSpec) *appsv1.ReplicaSet {
	for i := range sets {
		if workload.SameTemplate(sets[i].Spec.Template, template) {
			return &sets[i]
		}
	}
	return nil
}

// fill gives a ReplicaSet its template back where the cache did not keep it.
func (o *Observer) fill(ctx context.Context, set *appsv1.ReplicaSet) error {
	if len(set.Spec.Template.Spec.Containers) > 0 {
		return nil
	}
	if known := o.Memory.template(set.UID); known != nil {
		set.Spec.Template = *known
		return nil
	}
	full := &appsv1.ReplicaSet{}
	err := o.Live.Get(ctx, client.ObjectKeyFromObject(set), full)
	if apierrors.IsNotFound(err) {
		return nil // gone meanwhile; the cache will say so
	}
	if err != nil {
		return fmt.Errorf("reading ReplicaSet %s/%s: %w", set.Namespace, set.Name, err)
	}
	o.Memory.keep(set.UID, &full.Spec.Template)
	set.Spec.Template = full.Spec.Template
	return nil
}

func hash(set *appsv1.ReplicaSet) string { return set.Labels[appsv1.DefaultDeploymentUniqueLabelKey] }

func revision(set *appsv1.ReplicaSet) rollout.Revision {
	desired := replicas(set.Spec.Replicas)
	// Pods that are on their way out do not count, whatever the status still says.
	return rollout.Revision{Hash: hash(set), Desired: int(desired), Available: int(min(desired, set.Status.AvailableReplicas))}
}

func serving(sets []appsv1.ReplicaSet) *appsv1.ReplicaSet {
	if len(sets) == 0 {
		return nil
	}
	latest := slices.MaxFunc(sets, func(a, b appsv1.ReplicaSet) int {
		return cmp.Or(
			cmp.Compare(a.Status.AvailableReplicas, b.Status.AvailableReplicas),
			cmp.Compare(rolledOut(a.Annotations), rolledOut(b.Annotations)))
	})
	return &latest
}

// rolledOut is the Deployment controller's own count of roll-outs.
func rolledOut(annotations map[string]string) int {
	n, err := strconv.Atoi(annotations["deployment.kubernetes.io/revision"])
	if err != nil {
		return 0
	}
	return n
}

// claims are the volume claims that the template mounts. They are asked for
// before a rollout begins, and not watched.
func (o *Observer) claims(ctx context.Context, w *World, s *rollout.Snapshot) (map[string]*corev1.PersistentVolumeClaim, error) {
	names := workload.Claims(w.Target.Spec.Template)
	found := map[string]*corev1.PersistentVolumeClaim{}
	for _, name := range names {
		if s.Target.WantsStable || !s.Memo.Started.IsZero() {
			// Not about to begin: a claim that can be shared stands for those that were looked at.
			found[name] = &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name},
				Spec: corev1.PersistentVolumeClaimSpec{AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}}}
			continue
		}
		claim := &corev1.PersistentVolumeClaim{}
		err := o.Live.Get(ctx, client.ObjectKey{Namespace: w.Key.Namespace, Name: name}, claim)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading PersistentVolumeClaim %s/%s: %w", w.Key.Namespace, name, err)
		}
		found[name] = claim
	}
	return found, nil
}
