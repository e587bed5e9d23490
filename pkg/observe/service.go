// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
)

// readService finds the Service that carries the target's traffic. A rollout
// keeps the one that it began with.
func (o *Observer) readService(ctx context.Context, w *World, s *rollout.Snapshot) error {
	name := s.Memo.Service
	if name == "" {
		name = s.Plan.Service
	}
	if name != "" {
		return o.readNamedService(ctx, w, s, name)
	}
	list := &corev1.ServiceList{}
	if err := o.Cached.List(ctx, list, client.InNamespace(w.Key.Namespace)); err != nil {
		return fmt.Errorf("listing Services in %s: %w", w.Key.Namespace, err)
	}
	var names []string
	for i := range list.Items {
		if svc := &list.Items[i]; selects(svc, w) {
			names = append(names, svc.Name)
			w.Service = svc
		}
	}
	switch len(names) {
	case 0:
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.ServiceMissing,
			Message: fmt.Sprintf("no Service in namespace %s selects the pods of Deployment %s; create one, or name one with %s", w.Key.Namespace, w.Key.Name, annotations.Service)})
	case 1:
		o.useService(w, s)
	default:
		slices.Sort(names)
		w.Service = nil
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.ServiceAmbiguous,
			Message: fmt.Sprintf("several Services select the pods: %s; say which one carries the traffic, for example %s: %s", strings.Join(names, ", "), annotations.Service, names[0])})
	}
	return nil
}

func selects(svc *corev1.Service, w *World) bool {
	return len(svc.Spec.Selector) > 0 && labels.SelectorFromSet(svc.Spec.Selector).Matches(labels.Set(w.Target.Spec.Template.Labels))
}

func (o *Observer) readNamedService(ctx context.Context, w *World, s *rollout.Snapshot, name string) error {
	svc := &corev1.Service{}
	err := o.Cached.Get(ctx, types.NamespacedName{Namespace: w.Key.Namespace, Name: name}, svc)
	switch {
	case apierrors.IsNotFound(err):
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.ServiceMissing,
			Message: fmt.Sprintf("Service %s does not exist in namespace %s; create it, or name another with %s", name, w.Key.Namespace, annotations.Service)})
	case err != nil:
		return fmt.Errorf("reading Service %s/%s: %w", w.Key.Namespace, name, err)
	default:
		w.Service = svc
		o.useService(w, s)
	}
	// Routes are found by the Service's name even where the Service is gone.
	w.Ref = traffic.Service{Name: name, Namespace: w.Key.Namespace, Domain: o.Domain}
	s.Service = name
	return nil
}

func (o *Observer) useService(w *World, s *rollout.Snapshot) {
	svc := w.Service
	s.Service = svc.Name
	w.Ref = traffic.Service{Name: svc.Name, Namespace: svc.Namespace, Domain: o.Domain}
	if why := unsupported(svc, w); why != "" {
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.ServiceUnsupported,
			Message: fmt.Sprintf("Service %s %s; name another with %s", svc.Name, why, annotations.Service)})
	}
}

func unsupported(svc *corev1.Service, w *World) string {
	switch {
	case svc.Spec.Type == corev1.ServiceTypeExternalName:
		return "is an ExternalName and sends traffic outside the cluster, so there is nothing to split"
	case svc.Spec.ClusterIP == corev1.ClusterIPNone:
		return "is headless: its clients choose pods by themselves, so no weight holds"
	case len(svc.Spec.Selector) == 0:
		return "has no selector, so its endpoints are not kept by Kubernetes and the canary would not be among them"
	case !selects(svc, w):
		return "does not select the pods of this Deployment"
	default:
		return ""
	}
}
