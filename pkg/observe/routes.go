// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
)

// readRoutes says where the routes send requests now, and what tells these
// routes from others.
func (o *Observer) readRoutes(w *World, s *rollout.Snapshot, rules []*unstructured.Unstructured) string {
	r := &s.Routes
	whole, fingerprint := readAll(w)
	r.Ours = whole.Split > 0 || w.Own != nil
	r.Weight = rollout.Weight(whole.Permille)
	r.Split = whole.Split > 0 && whole.Split == whole.Destinations && whole.Uniform && w.Governed == (w.Own == nil)
	r.OurSubsets = w.Rule != nil
	o.compareRule(w, s, rules)
	var reverted bool
	r.Since, r.SubsetsSince, r.RetryAt, reverted = o.Memory.routes(w.Key, fingerprint, rulePrint(w.Rule), !s.Memo.Started.IsZero(), s.Now)
	if reverted {
		r.Reverted = explainRevert(w.VirtualServices)
	}
	w.undivided = w.Governed && whole.Destinations == 0
	w.unsplittable = o.unsplittable(w, s, rules)
	return fingerprint + rulePrint(w.Rule)
}

// readAll reads every route to the Service as if it were one, and tells them
// apart from what they were before.
func readAll(w *World) (whole traffic.Reading, fingerprint string) {
	var text strings.Builder
	whole.Uniform = true
	routed := slices.Clone(w.VirtualServices)
	if w.Own != nil {
		routed = append(routed, w.Own)
	}
	for _, vs := range routed {
		reading := traffic.Read(vs, w.Ref)
		fmt.Fprintf(&text, "%s/%s %+v;", vs.GetNamespace(), vs.GetName(), reading)
		if reading.Split > 0 {
			alike := whole.Split == 0 || reading.Permille == whole.Permille
			whole.Uniform = whole.Uniform && reading.Uniform && alike
		}
		whole.Destinations += reading.Destinations
		whole.Split += reading.Split
		whole.Permille = max(whole.Permille, reading.Permille)
	}
	return whole, text.String()
}

// unsplittable lists what cannot be split.
func (o *Observer) unsplittable(w *World, s *rollout.Snapshot, rules []*unstructured.Unstructured) []traffic.Problem {
	if s.Target.Gone || w.Service == nil {
		return nil
	}
	return traffic.Problems(w.Service, w.Everyones, rules, w.Ref)
}

// addProblems tells what cannot be split, where routes are what moves traffic:
// what would break requests stops the rollout, the rest is told before traffic
// moves.
func addProblems(w *World, s *rollout.Snapshot) {
	mode := s.Mode
	if !s.Memo.Started.IsZero() {
		mode = s.Memo.Mode
	}
	if mode != rollout.Istio {
		return
	}
	unsupported := func(message string) {
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.RoutesUnsupported, Message: message})
	}
	for _, p := range w.unsplittable {
		if p.Blocking {
			unsupported(p.Object + ": " + p.Message)
		} else {
			s.Notes = append(s.Notes, p.Object+": "+p.Message)
		}
	}
	if w.undivided {
		unsupported(fmt.Sprintf("VirtualService %s decides for all requests to Service %s and has no rule that sends any there, so that nothing can be divided: "+
			"give it a route to the Service, or delete it, or set %s: replicas", w.governor, w.Ref.Name, annotations.Traffic))
	}
}

func stableLabels(w *World, s *rollout.Snapshot) map[string]string {
	for i := range w.ReplicaSets {
		if hash(&w.ReplicaSets[i]) == s.Stable.Hash {
			return w.ReplicaSets[i].Spec.Template.Labels
		}
	}
	return nil
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
	w.WantedRule = traffic.DestinationRule(w.Ref, stableLabels(w, s), w.Target.Spec.Template.Labels, traffic.Subsets(w.VirtualServices, w.Ref), rules)
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
