// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
	"github.com/serin-dev/serin/pkg/workload"
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

// readTraffic reads how requests reach the target.
func (o *Observer) readTraffic(ctx context.Context, w *World, s *rollout.Snapshot) error {
	served, meshErr := o.Surroundings.Mesh()
	if s.Target.Gone {
		return o.readOrphaned(ctx, w, s, served && meshErr == nil)
	}
	if !s.Target.OptedIn && s.Memo == (rollout.Memo{}) {
		return nil
	}
	if err := o.readService(ctx, w, s); err != nil {
		return err
	}
	if meshErr != nil && s.Plan.Traffic != rollout.Replicas {
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.Forbidden, Message: meshErr.Error()})
	}
	if served && meshErr == nil && w.Ref.Name != "" {
		if err := o.readMesh(ctx, w, s); err != nil {
			return err
		}
	}
	return o.chooseMode(ctx, w, s, served && meshErr == nil, meshErr)
}

// readOrphaned finds what a Deployment that is gone left behind: our
// DestinationRule goes last, so it names everything else.
func (o *Observer) readOrphaned(ctx context.Context, w *World, s *rollout.Snapshot, served bool) error {
	if !served {
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
	// The packages that these go to promise not to change them.
	if err := o.Cached.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
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
	err := o.Cached.Get(ctx, key, object)
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
	if w.Rule != nil && o.Memory.stale(w.Rule) {
		return ErrStale
	}
	atRest := w.Rule == nil && s.Memo.Started.IsZero() && (s.Target.WantsStable || s.Target.Gone)
	if atRest {
		return nil
	}
	if w.Own, err = o.own(ctx, VirtualServiceKind, w); err != nil {
		return err
	}
	if w.Own != nil && o.Memory.stale(w.Own) {
		return ErrStale
	}
	all, err := o.list(ctx, VirtualServiceKind)
	if err != nil {
		return err
	}
	for _, vs := range all {
		if vs.GetLabels()[annotations.ManagedBy] == annotations.Manager && vs.GetName() == OwnName(w.Ref.Name) && vs.GetNamespace() == w.Ref.Namespace {
			continue
		}
		if traffic.Routes(vs, w.Ref) {
			if o.Memory.stale(vs) {
				return ErrStale
			}
			w.VirtualServices = append(w.VirtualServices, vs)
		}
		w.Governed = w.Governed || traffic.Governs(vs, w.Ref)
	}
	rules, err := o.list(ctx, DestinationRuleKind)
	if err != nil {
		return err
	}
	o.readRoutes(w, s, rules)
	return nil
}

func (o *Observer) readRoutes(w *World, s *rollout.Snapshot, rules []*unstructured.Unstructured) {
	r := &s.Routes
	var print strings.Builder
	whole := traffic.Reading{Uniform: true}
	routed := w.VirtualServices
	if w.Own != nil {
		routed = append(routed[:len(routed):len(routed)], w.Own)
	}
	for _, vs := range routed {
		reading := traffic.Read(vs, w.Ref)
		fmt.Fprintf(&print, "%s/%s %+v;", vs.GetNamespace(), vs.GetName(), reading)
		if reading.Split > 0 && whole.Split > 0 && reading.Permille != whole.Permille {
			whole.Uniform = false
		}
		whole.Destinations += reading.Destinations
		whole.Split += reading.Split
		whole.Permille = max(whole.Permille, reading.Permille)
		whole.Uniform = whole.Uniform && (reading.Uniform || reading.Split == 0)
	}
	r.Ours = whole.Split > 0 || w.Own != nil
	r.Weight = rollout.Weight(whole.Permille)
	r.Split = whole.Split > 0 && whole.Split == whole.Destinations && whole.Uniform && w.Governed == (w.Own == nil)
	r.OurSubsets = w.Rule != nil
	o.compareRule(w, s, rules)
	var reverted bool
	r.Since, r.SubsetsSince, r.RetryAt, reverted = o.Memory.routes(w.Key, print.String(), rulePrint(w.Rule), s.Now)
	if reverted {
		r.Reverted = explainRevert(w.VirtualServices)
	}
	if s.Target.Gone || w.Service == nil {
		return
	}
	for _, p := range traffic.Problems(w.Service, w.VirtualServices, rules, w.Ref) {
		if p.Blocking {
			s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.RoutesUnsupported, Message: p.Object + ": " + p.Message})
		} else {
			s.Notes = append(s.Notes, p.Object+": "+p.Message)
		}
	}
}

func rulePrint(rule *unstructured.Unstructured) string {
	if rule == nil {
		return ""
	}
	return fmt.Sprintf("%s/%d", rule.GetUID(), rule.GetGeneration())
}

// compareRule says what our DestinationRule should be, and whether it is.
func (o *Observer) compareRule(w *World, s *rollout.Snapshot, rules []*unstructured.Unstructured) {
	if w.Target == nil {
		return
	}
	var stable map[string]string
	for i := range w.ReplicaSets {
		if hash(&w.ReplicaSets[i]) == s.Stable.Hash {
			stable = w.ReplicaSets[i].Spec.Template.Labels
		}
	}
	w.WantedRule = traffic.DestinationRule(w.Ref, stable, w.Target.Spec.Template.Labels, traffic.Subsets(w.VirtualServices, w.Ref), rules)
	w.WantedRule.SetAnnotations(map[string]string{TargetAnnotation: w.Key.Name})
	if w.Rule == nil {
		return
	}
	if other := w.Rule.GetAnnotations()[TargetAnnotation]; other != w.Key.Name {
		s.Routes = rollout.Routes{}
		if !s.Target.WantsStable {
			s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.NameTaken,
				Message: fmt.Sprintf("DestinationRule %s belongs to the rollout of Deployment %s, which has the same Service; wait until it is over, or give each Deployment its own Service", w.Rule.GetName(), other)})
		}
		return
	}
	s.Routes.Subsets = equality.Semantic.DeepEqual(w.Rule.Object["spec"], w.WantedRule.Object["spec"])
}

// explainRevert says who else writes the routes, and what makes it stop.
func explainRevert(routed []*unstructured.Unstructured) string {
	who := "somebody"
	name := "the VirtualService"
	var last metav1.Time
	for _, vs := range routed {
		for _, entry := range vs.GetManagedFields() {
			if entry.Manager != annotations.Manager && entry.Time != nil && last.Before(entry.Time) {
				last, who, name = *entry.Time, entry.Manager, fmt.Sprintf("VirtualService %s/%s", vs.GetNamespace(), vs.GetName())
			}
		}
	}
	return fmt.Sprintf("%s undid the weights in %s; nothing moves on weights that are not there, and the write is repeated ever more rarely. "+
		"Tell the tool to leave them alone. Argo CD, in the Application: ignoreDifferences: [{group: networking.istio.io, kind: VirtualService, "+
		"jqPathExpressions: ['.spec.http[]?.route', '.spec.tcp[]?.route', '.spec.tls[]?.route']}] with syncOptions: [RespectIgnoreDifferences=true]. "+
		"Flux: annotate the VirtualService with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent", who, name)
}

// chooseMode says how a rollout that begins now would move traffic.
func (o *Observer) chooseMode(ctx context.Context, w *World, s *rollout.Snapshot, served bool, meshErr error) error {
	scaled, err := o.scaled(ctx, w)
	if err != nil {
		return err
	}
	s.Target.Scaled = scaled
	byPods := rollout.Replicas
	if scaled {
		byPods = rollout.Surge
	}
	s.Mode = byPods
	switch {
	case s.Plan.Traffic == rollout.Istio:
		s.Mode = rollout.Istio
	case s.Plan.Traffic == rollout.Auto && served:
		meshed, err := o.meshed(ctx, w)
		if err != nil {
			return err
		}
		if meshed {
			s.Mode = rollout.Istio
		}
	}
	if (s.Mode == rollout.Istio || s.Memo.Mode == rollout.Istio) && !served && meshErr == nil {
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.TrafficUnavailable,
			Message: fmt.Sprintf("this cluster serves no VirtualServices (networking.istio.io/v1); install Istio, or set %s: replicas", annotations.Traffic)})
	}
	return nil
}

// meshed reports whether the workload follows VirtualServices.
func (o *Observer) meshed(ctx context.Context, w *World) (bool, error) {
	if len(w.VirtualServices) > 0 {
		return true, nil
	}
	namespace := &corev1.Namespace{}
	if err := o.Cached.Get(ctx, types.NamespacedName{Name: w.Key.Namespace}, namespace); err != nil {
		return false, fmt.Errorf("reading Namespace %s: %w", w.Key.Namespace, err)
	}
	return workload.InMesh(w.Target.Spec.Template, namespace.Labels), nil
}

// scaled reports whether an autoscaler sets the target's size.
func (o *Observer) scaled(ctx context.Context, w *World) (bool, error) {
	list := &autoscalingv2.HorizontalPodAutoscalerList{}
	if err := o.Cached.List(ctx, list, client.InNamespace(w.Key.Namespace)); err != nil {
		return false, fmt.Errorf("listing HorizontalPodAutoscalers in %s: %w", w.Key.Namespace, err)
	}
	for _, scaler := range list.Items {
		ref := scaler.Spec.ScaleTargetRef
		if ref.Kind == "Deployment" && ref.Name == w.Key.Name {
			return true, nil
		}
	}
	return false, nil
}
