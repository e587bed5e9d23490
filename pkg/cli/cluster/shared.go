// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/traffic"
	"github.com/serin-dev/serin/pkg/workload"
)

// Shared is what was read about many Deployments at once.
type Shared struct {
	sets     map[string][]appsv1.ReplicaSet // by the UID of the Deployment that controls them
	canaries map[string]*appsv1.Deployment  // by namespace and name
	routes   []*unstructured.Unstructured
	all      bool // whether the canaries could be read
}

// Shared reads ReplicaSets, canaries and routes with one request each. What may
// not be read is told.
func (c *Cluster) Shared(ctx context.Context, namespace string) (Shared, []string) {
	s := Shared{sets: map[string][]appsv1.ReplicaSet{}, canaries: map[string]*appsv1.Deployment{}}
	var gaps []string
	sets, err := c.API.AppsV1().ReplicaSets(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		gaps = append(gaps, c.explainIn(err, namespace, "list", "replicasets", "reading the versions that serve").Error())
	} else {
		for _, set := range sets.Items {
			if owner := metav1.GetControllerOf(&set); owner != nil {
				s.sets[string(owner.UID)] = append(s.sets[string(owner.UID)], set)
			}
		}
	}
	canaries, err := c.API.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{LabelSelector: annotations.CanaryOf})
	if s.all = err == nil; s.all {
		for i := range canaries.Items {
			s.canaries[canaries.Items[i].Namespace+"/"+canaries.Items[i].Name] = &canaries.Items[i]
		}
	}
	if c.Any != nil {
		if s.routes, err = c.Routes(ctx, namespace); err != nil {
			gaps = append(gaps, err.Error())
		}
	}
	return s, gaps
}

// Of is what of it belongs to one Deployment.
func (s Shared) Of(target *appsv1.Deployment) model.Objects {
	o := model.Objects{Target: target, ReplicaSets: s.sets[string(target.UID)], CanaryKnown: s.all}
	if canary := s.canaries[target.Namespace+"/"+workload.CanaryName(target.Name)]; canary != nil && metav1.IsControlledBy(canary, target) {
		o.Canary = canary
	}
	if name := model.Memo(target).Service; name != "" {
		for _, vs := range s.routes {
			if traffic.Routes(vs, traffic.Service{Name: name, Namespace: target.Namespace}) {
				o.Routes = append(o.Routes, vs)
			}
		}
	}
	return o
}
