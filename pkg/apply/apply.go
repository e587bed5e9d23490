// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Applier writes. Client must show its own writes to its next reads.
type Applier struct {
	Client client.Client
}

// Changes tells what was really written.
type Changes struct {
	Told   bool // the condition says something new
	Memo   bool
	Routes []*unstructured.Unstructured // VirtualServices, as written
	Rules  []*unstructured.Unstructured // DestinationRules, as written
	Gone   []*unstructured.Unstructured // of both, those that were deleted
	Other  bool                         // sizes, pauses, objects of ours
}

// Any reports whether anything was written.
func (c Changes) Any() bool {
	return c.Told || c.Memo || len(c.Routes)+len(c.Rules)+len(c.Gone) > 0 || c.Other
}

// Apply makes the decision true, in the one order. On an error, what was
// written before it is reported too. A conflict means that the world moved on:
// observe again.
func (a *Applier) Apply(ctx context.Context, w observe.World, s rollout.Snapshot, d rollout.Decision) (Changes, error) {
	pass := pass{Client: a.Client, world: w, snapshot: s, decision: d}
	for _, step := range []func(context.Context) error{
		pass.remember,
		pass.routes,
		pass.keep,
		pass.canary,
		pass.mark,
	} {
		if err := step(ctx); err != nil {
			return pass.changes, err
		}
	}
	return pass.changes, nil
}

// pass is one application of one decision.
type pass struct {
	client.Client
	world    observe.World
	snapshot rollout.Snapshot
	decision rollout.Decision
	changes  Changes
}
