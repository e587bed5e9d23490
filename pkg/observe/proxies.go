// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/istiod"
	"github.com/serin-dev/serin/pkg/rollout"
)

// askProxies says whether proxies follow the routes, where somebody can be
// asked and anything of ours is there to follow.
func (o *Observer) askProxies(ctx context.Context, w *World, s *rollout.Snapshot, fingerprint string) {
	if o.Proxies == nil || w.Rule == nil {
		return
	}
	want := istiod.Want{Host: w.Ref.Host(), Split: s.Routes.Split, Permille: int(s.Routes.Weight), Listener: hasListeners(w.VirtualServices), Print: fingerprint}
	answer := o.Proxies.Follow(ctx, w.Key, want, s.Plan.Settle, s.Now)
	s.Routes.Asked, s.Routes.Lagging, s.Routes.Served = true, answer.Lagging, answer.Served
}

// hasListeners reports whether any rule is one that listeners carry, and not routes.
func hasListeners(routed []*unstructured.Unstructured) bool {
	for _, vs := range routed {
		for _, kind := range []string{"tcp", "tls"} {
			if rules, found, err := unstructured.NestedSlice(vs.Object, "spec", kind); found && err == nil && len(rules) > 0 {
				return true
			}
		}
	}
	return false
}
