// SPDX-License-Identifier: Apache-2.0

package model

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/apply"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// World is a cluster with one Deployment that has opted in, at one instant.
type World struct {
	Now     time.Time
	Startup func() time.Duration                  // how long a new pod takes until it is ready
	Samples func(measure.Question) measure.Answer // what is measured of requests; nil: nothing, and all checks pass
	Ails    Ailment                               // of the canary's pods
	Stable  string                                // pod-template-hash of the first ReplicaSet; empty: any
	Mesh    bool                                  // Istio's API is served

	target    types.NamespacedName
	api       *objects
	observer  *observe.Observer
	sizes     map[types.UID]int32 // the size that each Deployment was last scaled to
	pods      map[types.UID][]pod
	revisions int
	born      int
	due       time.Time // when Serin looks again though nothing changed; zero: never
	seen      int       // the version at which Serin looked last
	passes    int
	writes    []Write
}

// Write is what Serin did to one object.
type Write struct {
	Verb          Verb
	Before, After client.Object // must not be changed; Before is nil after a Create, After is nil after a Delete
}

// Pass is one look of Serin at the world, and what came of it.
type Pass struct {
	At       time.Time
	Snapshot rollout.Snapshot
	Decision rollout.Decision
	Changes  apply.Changes
	Writes   []Write
}

// surroundings are what holds for the whole cluster. The guard is there.
type surroundings struct{ *World }

func (s surroundings) Mesh() (bool, error)  { return s.World.Mesh, nil }
func (s surroundings) Guard() rollout.Guard { return rollout.GuardPolicy }

// measurer answers from the model.
type measurer struct{ *World }

func (m measurer) Samples(_ types.NamespacedName, q measure.Question) measure.Answer {
	if m.World.Samples == nil {
		return measure.Answer{}
	}
	return m.World.Samples(q)
}

func (m measurer) Forget(types.NamespacedName) {}

// New is a world of these objects in which the target runs its template. It has
// Istio where any of them has to do with it.
func New(target *appsv1.Deployment, others []client.Object, now time.Time) *World {
	w := &World{Now: now, Startup: func() time.Duration { return 0 }, target: client.ObjectKeyFromObject(target), api: newObjects(),
		sizes: map[types.UID]int32{}, pods: map[types.UID][]pod{}}
	w.observer = &observe.Observer{Cached: w.api, Live: w.api, Surroundings: surroundings{w}, Memory: observe.NewMemory(), Measure: measurer{w}}
	w.api.wrote = func(verb Verb, before, after client.Object) { w.writes = append(w.writes, Write{verb, before, after}) }
	spaces := map[string]string{}
	for _, object := range others {
		w.add(object)
		if object.GetName() == target.Namespace && object.GetNamespace() == "" {
			spaces = object.GetLabels()
		}
		w.Mesh = w.Mesh || kindOf(object).Group == observe.VirtualServiceKind.Group
	}
	w.Mesh = w.Mesh || target.Annotations[annotations.Traffic] == string(rollout.Istio) || workload.InMesh(target.Spec.Template, spaces)
	if _, found := w.api.kept[keyOf(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target.Namespace}})]; !found {
		w.api.add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target.Namespace}})
	}
	w.add(target)
	return w
}

// Left are the annotations of a Deployment that a world leaves out: what
// another cluster's controller remembers, and what people asked for there.
var Left = append([]string{annotations.Rollout, annotations.Journal, annotations.Pause}, annotations.Commands...)

// add takes a copy, without what another API server gave it.
func (w *World) add(object client.Object) {
	object = copied(object)
	object.SetUID("")
	object.SetResourceVersion("")
	if d, ok := object.(*appsv1.Deployment); ok {
		d.Status, d.Spec.Paused = appsv1.DeploymentStatus{}, false
		for _, key := range Left {
			delete(d.Annotations, key)
		}
	}
	w.api.add(object)
}

// Target is the Deployment as it is now.
func (w *World) Target() *appsv1.Deployment {
	object, ok := w.api.kept[key{kindOf(&appsv1.Deployment{}), w.target}].(*appsv1.Deployment)
	if !ok {
		panic("model: the target is never deleted here")
	}
	return object.DeepCopy()
}

// Canary is the canary Deployment as it is now; nil where there is none.
func (w *World) Canary(name string) *appsv1.Deployment {
	at := key{kindOf(&appsv1.Deployment{}), types.NamespacedName{Namespace: w.target.Namespace, Name: name}}
	object, _ := w.api.kept[at].(*appsv1.Deployment)
	return object
}

// Pods is how many pods there are of the target and its canary together.
func (w *World) Pods() int {
	n := 0
	for _, set := range each[*appsv1.ReplicaSet](w.api) {
		n += len(w.pods[set.UID])
	}
	return n
}

// Push gives the target another template. The guard holds it.
func (w *World) Push(template corev1.PodTemplateSpec) {
	w.edit(func(d *appsv1.Deployment) { d.Spec.Template, d.Spec.Paused = template, true })
}

// Scale gives the target another size, as a person or an autoscaler does.
func (w *World) Scale(n int32) {
	w.edit(func(d *appsv1.Deployment) { d.Spec.Replicas = &n })
}

// Annotate is a person who writes an annotation.
func (w *World) Annotate(key, value string) {
	w.edit(func(d *appsv1.Deployment) { metav1.SetMetaDataAnnotation(&d.ObjectMeta, key, value) })
}

// edit is a write of somebody else, which cannot meet a conflict here.
func (w *World) edit(change func(*appsv1.Deployment)) {
	before := w.Target()
	after := before.DeepCopy()
	change(after)
	if changed(before, after) {
		after.Generation++
	}
	w.api.put(after)
}

// limit is how often Serin may look in one run; no rollout goes on for ever.
const limit = 100_000

// Run lets time pass until nothing is left to happen or the time has come.
// After every look of Serin it calls each; where that returns an error, it stops.
func (w *World) Run(ctx context.Context, until time.Time, each func(Pass) error) error {
	for {
		if err := w.instant(ctx, each); err != nil {
			return err
		}
		next := earlier(w.due, w.next())
		if next.IsZero() || next.After(until) {
			if until.Before(Forever) {
				w.Now = until
			}
			return nil
		}
		w.Now = next
	}
}

// Forever is a time to run until where a rollout is to end by itself.
var Forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// instant lets everybody act until nobody has anything to do.
func (w *World) instant(ctx context.Context, each func(Pass) error) error {
	for {
		moved := w.turn()
		isDue := !w.due.IsZero() && !w.due.After(w.Now)
		if w.api.version == w.seen && !isDue {
			if moved {
				continue
			}
			return nil
		}
		pass, err := w.Pass(ctx)
		if err != nil {
			return err
		}
		if err := each(pass); err != nil {
			return err
		}
	}
}

// Pass is what the controller does: observe, decide, apply.
func (w *World) Pass(ctx context.Context) (Pass, error) {
	if w.passes++; w.passes > limit {
		return Pass{}, fmt.Errorf("the modelled rollout of %s does not come to an end", w.target)
	}
	w.seen, w.writes = w.api.version, nil
	world, snapshot, err := w.observer.Observe(ctx, w.target, w.Now)
	if err != nil {
		return Pass{}, fmt.Errorf("observing the model: %w", err)
	}
	if w.Samples == nil {
		snapshot.Verdict = analysis.NoChecks()
	}
	decision := rollout.Decide(snapshot)
	applier := apply.Applier{Client: w.api, Live: w.api}
	changes, err := applier.Apply(ctx, world, snapshot, decision)
	if err != nil {
		return Pass{}, fmt.Errorf("applying %s to the model: %w", decision.Reason, err)
	}
	memory := w.observer.Memory
	memory.Routed(w.target, changes.Routes)
	memory.Wrote(changes.Rules)
	memory.Removed(changes.Gone, w.Now)
	memory.Waited(w.target, decision.Reason, w.Now)
	w.due = time.Time{}
	switch {
	case changes.Any():
		w.due = w.Now
	case decision.Recheck > 0 && !awaitsPerson(decision):
		w.due = w.Now.Add(decision.Recheck)
	}
	return Pass{w.Now, snapshot, decision, changes, w.writes}, nil
}

// awaitsPerson: what only a person can put right is looked at again and again,
// and here nobody puts it right.
func awaitsPerson(d rollout.Decision) bool {
	return d.Phase == rollout.Paused || d.Phase == rollout.Idle
}

// AtRest reports whether nothing is left to happen by itself.
func (w *World) AtRest() bool { return w.due.IsZero() && w.next().IsZero() }

// Wake makes Serin look again though nothing changed, as a new sample does.
func (w *World) Wake() { w.due = w.Now }
