// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
)

// The Istio kinds that are read and written.
var (
	VirtualServiceKind  = schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1", Kind: "VirtualService"}
	DestinationRuleKind = schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1", Kind: "DestinationRule"}
)

// TargetAnnotation names, on our mesh objects, the Deployment that they serve:
// when it is gone they tell whose they were.
const TargetAnnotation = annotations.Prefix + "target"

// OwnName is the name of our mesh objects for a Service.
func OwnName(service string) string { return service + "-serin" }

// mesh is what is known of Istio's API.
type mesh struct {
	served bool
	err    error // why it cannot be known
}

func (m mesh) readable() bool { return m.served && m.err == nil }

// problem tells a permission that is missing from an API that is coming or going.
func (m mesh) problem() rollout.Problem {
	reason := rollout.TrafficUnavailable
	if apierrors.IsForbidden(m.err) {
		reason = rollout.Forbidden
	}
	return rollout.Problem{Reason: reason, Message: m.err.Error()}
}

// readTraffic reads how requests reach the target.
func (o *Observer) readTraffic(ctx context.Context, w *World, s *rollout.Snapshot) error {
	var mesh mesh
	mesh.served, mesh.err = o.Surroundings.Mesh()
	if s.Target.Gone {
		return o.readOrphaned(ctx, w, s, mesh)
	}
	if !s.Target.OptedIn && s.Memo == (rollout.Memo{}) {
		return nil
	}
	if err := o.readService(ctx, w, s); err != nil {
		return err
	}
	if mesh.err != nil && s.Plan.Traffic != rollout.Replicas {
		s.Problems = append(s.Problems, mesh.problem())
	}
	if mesh.readable() && w.Ref.Name != "" {
		if err := o.readMesh(ctx, w, s); err != nil {
			return err
		}
	}
	return o.chooseMode(ctx, w, s, mesh)
}

// readOrphaned finds what a Deployment that is gone left behind: our
// DestinationRule goes last, so it names everything else.
func (o *Observer) readOrphaned(ctx context.Context, w *World, s *rollout.Snapshot, mesh mesh) error {
	if !mesh.readable() {
		return nil
	}
	rules, err := o.list(ctx, DestinationRuleKind)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if rule.GetNamespace() == w.Key.Namespace && rule.GetLabels()[annotations.ManagedBy] == annotations.Manager &&
			rule.GetAnnotations()[TargetAnnotation] == w.Key.Name {
			w.Ref = traffic.Service{Name: strings.TrimSuffix(rule.GetName(), "-serin"), Namespace: w.Key.Namespace, Domain: o.Domain}
			return o.readMesh(ctx, w, s)
		}
	}
	return nil
}

func (o *Observer) list(ctx context.Context, kind schema.GroupVersionKind) ([]*unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind)
	// The packages that these go to promise not to change them. Memory knows our own writes.
	if err := o.Cached.List(ctx, list, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil, fmt.Errorf("listing %ss: %w", kind.Kind, err)
	}
	items := make([]*unstructured.Unstructured, 0, len(list.Items))
	for i := range list.Items {
		items = append(items, &list.Items[i])
	}
	return items, nil
}

func (o *Observer) own(ctx context.Context, kind schema.GroupVersionKind, w *World) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	key := types.NamespacedName{Namespace: w.Ref.Namespace, Name: OwnName(w.Ref.Name)}
	err := o.Cached.Get(ctx, key, object, client.DisableReadYourWritesConsistency)
	if apierrors.IsNotFound(err) || (err == nil && object.GetLabels()[annotations.ManagedBy] != annotations.Manager) {
		return nil, nil //nolint:nilnil // absent is an answer, not an error
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", kind.Kind, key, err)
	}
	return object, nil
}

// readMesh reads the routes to the Service, and what our DestinationRule should be.
func (o *Observer) readMesh(ctx context.Context, w *World, s *rollout.Snapshot) error {
	var err error
	if w.Rule, err = o.own(ctx, DestinationRuleKind, w); err != nil {
		return err
	}
	// Our DestinationRule goes last: without it, a target at rest has nothing to look for.
	if w.Rule == nil && s.Memo.Started.IsZero() && (s.Target.WantsStable || s.Target.Gone) {
		return nil
	}
	if w.Own, err = o.own(ctx, VirtualServiceKind, w); err != nil {
		return err
	}
	if err := o.readVirtualServices(ctx, w); err != nil {
		return err
	}
	if o.anyStale(w) {
		return ErrStale
	}
	rules, err := o.list(ctx, DestinationRuleKind)
	if err != nil {
		return err
	}
	fingerprint := o.readRoutes(w, s, rules)
	o.askProxies(ctx, w, s, fingerprint)
	return nil
}

// readVirtualServices finds the user's that route to the Service.
func (o *Observer) readVirtualServices(ctx context.Context, w *World) error {
	all, err := o.list(ctx, VirtualServiceKind)
	if err != nil {
		return err
	}
	for _, vs := range all {
		if w.Own != nil && vs.GetUID() == w.Own.GetUID() {
			continue
		}
		w.Everyones = append(w.Everyones, vs)
		if traffic.Routes(vs, w.Ref) {
			w.VirtualServices = append(w.VirtualServices, vs)
		}
		if traffic.Governs(vs, w.Ref) && !w.Governed {
			w.Governed, w.governor = true, vs.GetNamespace()+"/"+vs.GetName()
		}
	}
	return nil
}

// anyStale reports whether any of the objects is older than our last write of it.
func (o *Observer) anyStale(w *World) bool {
	for _, object := range append(slices.Clone(w.VirtualServices), w.Own, w.Rule) {
		if object != nil && o.Memory.stale(object) {
			return true
		}
	}
	return false
}
