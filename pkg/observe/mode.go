// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// chooseMode says how a rollout that begins now would move traffic, whether the
// mesh that a rollout needs is there, and what cannot be split in it.
func (o *Observer) chooseMode(ctx context.Context, w *World, s *rollout.Snapshot, mesh mesh) error {
	scaled, err := o.scaled(ctx, w)
	if err != nil {
		return err
	}
	s.Target.Scaled = scaled
	switch {
	case meshed(w, s, mesh):
		s.Mode = rollout.Istio
	case scaled:
		s.Mode = rollout.Surge
	default:
		s.Mode = rollout.Replicas
	}
	needed := s.Mode == rollout.Istio || s.Memo.Mode == rollout.Istio
	if needed && !mesh.served && mesh.err == nil {
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.TrafficUnavailable,
			Message: fmt.Sprintf("this cluster serves no VirtualServices (networking.istio.io/v1); install Istio, or set %s: replicas", annotations.Traffic)})
	}
	addProblems(w, s)
	s.Notes = append(s.Notes, rollout.BakeNotes(s.Plan, s.Mode, scaled)...)
	return nil
}

// meshed reports whether traffic is to be moved by VirtualServices.
func meshed(w *World, s *rollout.Snapshot, mesh mesh) bool {
	if s.Plan.Traffic != rollout.Auto || !mesh.readable() || len(w.VirtualServices) > 0 {
		return s.Plan.Traffic == rollout.Istio || len(w.VirtualServices) > 0 && s.Plan.Traffic == rollout.Auto
	}
	return workload.InMesh(w.Target.Spec.Template, w.Namespace.Labels)
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
