// SPDX-License-Identifier: Apache-2.0

package model

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/serin-dev/serin/pkg/workload"
)

// This file is a small Deployment controller: what the real one does of a
// rolling update, a paused Deployment, and one whose size changed.

// turn is one pass over every Deployment and its pods; it reports whether
// anything changed.
func (w *World) turn() bool {
	before := w.api.version
	for _, d := range each[*appsv1.Deployment](w.api) {
		sets := w.setsOf(d)
		current := w.current(d, &sets)
		switch {
		case d.Spec.Paused || w.sizes[d.UID] != size(d.Spec.Replicas):
			w.scale(d, sets, current)
		default:
			w.roll(d, sets, current)
		}
		w.sizes[d.UID] = size(d.Spec.Replicas)
		for _, set := range w.setsOf(d) {
			w.fill(set)
		}
		w.tell(d)
	}
	return w.api.version != before
}

// each lists the objects of a type by name.
func each[T interface {
	metav1.Object
	comparable
}](o *objects) []T {
	var all []T
	for _, kept := range o.kept {
		if object, ok := kept.(T); ok {
			all = append(all, object)
		}
	}
	slices.SortFunc(all, func(a, b T) int {
		return cmp.Or(strings.Compare(a.GetNamespace(), b.GetNamespace()), strings.Compare(a.GetName(), b.GetName()))
	})
	return all
}

// setsOf are the Deployment's ReplicaSets, oldest first.
func (w *World) setsOf(d *appsv1.Deployment) []*appsv1.ReplicaSet {
	var sets []*appsv1.ReplicaSet
	for _, set := range each[*appsv1.ReplicaSet](w.api) {
		if metav1.IsControlledBy(set, d) {
			sets = append(sets, set.DeepCopy())
		}
	}
	slices.SortFunc(sets, func(a, b *appsv1.ReplicaSet) int { return cmp.Compare(revision(a), revision(b)) })
	return sets
}

const revisionKey = "deployment.kubernetes.io/revision"

// revision is the order in which ReplicaSets were made.
func revision(set *appsv1.ReplicaSet) int {
	n, _ := strconv.Atoi(set.Annotations[revisionKey])
	return n
}

func size(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

// current is the ReplicaSet of the wanted template, made where there is none.
func (w *World) current(d *appsv1.Deployment, sets *[]*appsv1.ReplicaSet) *appsv1.ReplicaSet {
	for _, set := range *sets {
		if workload.SameTemplate(set.Spec.Template, d.Spec.Template) {
			return set
		}
	}
	if d.Spec.Paused {
		return nil
	}
	set := &appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: new(int32(0)), Selector: d.Spec.Selector, MinReadySeconds: d.Spec.MinReadySeconds}}
	set.Spec.Template = *d.Spec.Template.DeepCopy()
	hash := w.hash(d)
	if set.Spec.Template.Labels == nil {
		set.Spec.Template.Labels = map[string]string{}
	}
	set.Spec.Template.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = hash
	set.Namespace, set.Name, set.Labels = d.Namespace, d.Name+"-"+hash, set.Spec.Template.Labels
	w.revisions++
	set.Annotations = map[string]string{revisionKey: strconv.Itoa(w.revisions)}
	set.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(d, appsv1.SchemeGroupVersion.WithKind("Deployment"))}
	set.CreationTimestamp = metav1.NewTime(w.Now)
	w.api.add(set)
	*sets = append(*sets, set)
	return set
}

// hash names a ReplicaSet. The first is stable's, whose real name may be known.
func (w *World) hash(d *appsv1.Deployment) string {
	if w.revisions == 0 && w.Stable != "" {
		return w.Stable
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(d.Name + strconv.Itoa(w.revisions))) // never fails
	return rand.SafeEncodeString(strconv.FormatUint(uint64(sum.Sum32()), 10))
}

// resize writes a ReplicaSet's size.
func (w *World) resize(set *appsv1.ReplicaSet, n int32) {
	if n = max(n, 0); n == *set.Spec.Replicas {
		return
	}
	set.Spec.Replicas = &n
	w.api.put(set)
}

func wantedBy(sets []*appsv1.ReplicaSet) int32 {
	var n int32
	for _, set := range sets {
		n += *set.Spec.Replicas
	}
	return n
}

// scale gives a new size to the one ReplicaSet that has pods. Where several
// have some, the largest grows and shrinks first.
func (w *World) scale(d *appsv1.Deployment, sets []*appsv1.ReplicaSet, current *appsv1.ReplicaSet) {
	active := slices.DeleteFunc(slices.Clone(sets), func(set *appsv1.ReplicaSet) bool { return *set.Spec.Replicas == 0 })
	n := size(d.Spec.Replicas)
	switch {
	case len(sets) == 0:
		return
	case len(active) == 0 && current == nil:
		active = sets[len(sets)-1:]
	case len(active) == 0:
		active = []*appsv1.ReplicaSet{current}
	}
	if len(active) == 1 {
		w.resize(active[0], n)
		return
	}
	w.share(d, active, current)
}

// share gives a new size to several ReplicaSets that have pods.
func (w *World) share(d *appsv1.Deployment, active []*appsv1.ReplicaSet, current *appsv1.ReplicaSet) {
	n := size(d.Spec.Replicas)
	if current != nil && w.available(current) == n && *current.Spec.Replicas == n {
		for _, set := range active {
			if set != current {
				w.resize(set, 0)
			}
		}
		return
	}
	allowed := int32(0)
	if n > 0 {
		surge, _ := room(d)
		allowed = n + surge
	}
	for rest := allowed - wantedBy(active); rest != 0; rest = allowed - wantedBy(active) {
		largest := slices.MaxFunc(active, func(a, b *appsv1.ReplicaSet) int { return cmp.Compare(*a.Spec.Replicas, *b.Spec.Replicas) })
		w.resize(largest, max(0, *largest.Spec.Replicas+rest))
	}
}

// room is how many pods beyond the size a rolling update may add, and how many may be missing.
func room(d *appsv1.Deployment) (surge, unavailable int32) {
	quarter := intstr.FromString("25%")
	maxSurge, maxUnavailable := &quarter, &quarter
	if rolling := d.Spec.Strategy.RollingUpdate; rolling != nil {
		maxSurge, maxUnavailable = cmp.Or(rolling.MaxSurge, maxSurge), cmp.Or(rolling.MaxUnavailable, maxUnavailable)
	}
	n := int(size(d.Spec.Replicas))
	s, err1 := intstr.GetScaledValueFromIntOrPercent(maxSurge, n, true)
	u, err2 := intstr.GetScaledValueFromIntOrPercent(maxUnavailable, n, false)
	if err1 != nil || err2 != nil || s < 0 || u < 0 || s+u == 0 {
		return int32(max(s, 0)), 1 //nolint:gosec // both at most a Deployment's size
	}
	return int32(s), int32(u) //nolint:gosec // both at most a Deployment's size
}

// roll is a pass of a rolling update: as many new pods as fit, then as many old
// ones away as are not needed.
func (w *World) roll(d *appsv1.Deployment, sets []*appsv1.ReplicaSet, current *appsv1.ReplicaSet) {
	n := size(d.Spec.Replicas)
	surge, unavailable := room(d)
	if free := n + surge - wantedBy(sets); *current.Spec.Replicas < n && free > 0 {
		w.resize(current, min(n, *current.Spec.Replicas+free))
		return
	}
	w.resize(current, min(n, *current.Spec.Replicas))
	var available int32
	for _, set := range sets {
		available += w.available(set)
	}
	notYet := *current.Spec.Replicas - w.available(current)
	surplus := wantedBy(sets) - (n - unavailable) - notYet
	spare := available - (n - unavailable)
	for _, set := range sets {
		if set == current || surplus <= 0 {
			continue
		}
		broken := min(*set.Spec.Replicas-w.available(set), surplus)
		healthy := max(0, min(*set.Spec.Replicas-broken, spare, surplus-broken))
		w.resize(set, *set.Spec.Replicas-broken-healthy)
		surplus, spare = surplus-broken-healthy, spare-healthy
	}
}

// tell writes the Deployment's status.
func (w *World) tell(d *appsv1.Deployment) {
	told := appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Conditions: d.Status.Conditions}
	for _, set := range w.setsOf(d) {
		told.Replicas += set.Status.Replicas
		told.AvailableReplicas += set.Status.AvailableReplicas
		told.ReadyReplicas += set.Status.ReadyReplicas
		if workload.SameTemplate(set.Spec.Template, d.Spec.Template) {
			told.UpdatedReplicas += set.Status.Replicas
		}
	}
	told.UnavailableReplicas = max(0, told.Replicas-told.AvailableReplicas)
	old := d.Status
	if old.ObservedGeneration == told.ObservedGeneration && old.Replicas == told.Replicas && old.UpdatedReplicas == told.UpdatedReplicas &&
		old.ReadyReplicas == told.ReadyReplicas && old.AvailableReplicas == told.AvailableReplicas {
		return
	}
	next := d.DeepCopy()
	next.Status = told
	w.api.put(next)
}
