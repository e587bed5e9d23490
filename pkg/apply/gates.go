// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/gates"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// Asker asks gates by HTTP, in the background; gates.Follower does.
type Asker interface {
	Ask(key types.NamespacedName, q gates.Question)
}

// gates has those asked that were not, and ends the Jobs of a rollout that went
// another way.
func (p *pass) gates(ctx context.Context) error {
	for _, job := range p.world.StrayJobs {
		err := p.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationBackground), client.Preconditions{UID: &job.UID})
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting Job %s: %w", client.ObjectKeyFromObject(job), err)
		}
		p.changes.Other = true
		p.note("deleted", job)
	}
	if !p.decision.Ask {
		return nil
	}
	for _, gate := range p.world.Gates {
		if gate.State != "" {
			continue
		}
		if err := p.ask(ctx, gate); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) ask(ctx context.Context, gate observe.Gate) error {
	if gate.HTTP != nil {
		if p.asker != nil {
			p.asker.Ask(p.world.Key, gates.Question{ID: gate.ID, Gate: *gate.HTTP, Body: p.question(gate)})
		}
		return nil
	}
	job := workload.GateJob(p.world.Target, gate.Gate, p.snapshot)
	if err := p.Create(ctx, job); err != nil {
		return fmt.Errorf("creating Job %s of gate %s: %w", client.ObjectKeyFromObject(job), gate.Name, err)
	}
	p.changes.Other = true
	p.note("created", job)
	return nil
}

func (p *pass) question(gate observe.Gate) gates.Body {
	facts := p.facts()
	return gates.Body{
		ID: gate.ID, Namespace: p.world.Key.Namespace, Deployment: p.world.Key.Name, Gate: gate.Name, When: string(gate.When),
		Weight: percent(p.snapshot.Memo.Weight), NextWeight: percent(rollout.NextWeight(p.snapshot)),
		From: version(facts.Stable), To: version(facts.Wanted), Started: p.snapshot.Memo.Started,
	}
}

func percent(w rollout.Weight) float64 { return float64(w) / 10 }

func version(r record.Revision) gates.Version { return gates.Version{Hash: r.Hash, Images: r.Images} }
