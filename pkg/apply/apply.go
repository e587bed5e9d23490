// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Applier writes. Client must show its own writes to its next reads. Live asks
// the API server for what is not watched.
type Applier struct {
	Client client.Client
	Live   client.Reader
	Gates  Asker // nil: no gate is asked by HTTP
}

// Changes tells what was really written.
type Changes struct {
	Told   bool // the condition says something new
	Memo   bool
	Routes []*unstructured.Unstructured // VirtualServices, as written
	Rules  []*unstructured.Unstructured // DestinationRules, as written
	Gone   []*unstructured.Unstructured // of both, those that were deleted
	Other  bool                         // sizes, pauses, objects of ours

	Wrote    []string // every object but the target's memo, in words, for the record
	Recorded bool     // the journal was written, with everything that was to be told until then
	Unfiled  error    // why what ended is not in the record; told, and in nobody's way
	Later    bool     // it is to be filed later

	Ended    []record.Rollout // what ended with this pass
	Consumed []string         // commands that were taken off the target, such as abort
}

// Any reports whether anything was written.
func (c Changes) Any() bool {
	return c.Told || c.Memo || len(c.Routes)+len(c.Rules)+len(c.Gone) > 0 || c.Other
}

// Apply makes the decision true, in the one order. On an error, what was
// written before it is reported too. A conflict means that the world moved on:
// observe again.
func (a *Applier) Apply(ctx context.Context, w observe.World, s rollout.Snapshot, d rollout.Decision) (Changes, error) {
	pass := pass{Client: a.Client, live: a.Live, asker: a.Gates, world: w, snapshot: s, decision: d}
	pass.file(ctx)
	for _, step := range []func(context.Context) error{
		pass.remember,
		pass.routes,
		pass.keep,
		pass.canary,
		pass.mark,
		pass.gates,
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
	live     client.Reader
	asker    Asker
	world    observe.World
	snapshot rollout.Snapshot
	decision rollout.Decision
	turn     *record.Turn   // what becomes of the journal, once that was asked
	waiting  record.Rollout // ended, and to be filed later; zero: none
	changes  Changes
}
