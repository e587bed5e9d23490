// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// keep scales the target's other ReplicaSets to 0: the Deployment controller
// then fills the one that is left.
//
// One that has no pods is filled here, and first: of a paused Deployment without
// any, the controller fills the ReplicaSet of the wanted template, whatever it is.
func (p *pass) keep(ctx context.Context) error {
	if p.decision.Keep == "" {
		return nil
	}
	for _, set := range p.world.ReplicaSets {
		if set.Labels[appsv1.DefaultDeploymentUniqueLabelKey] == p.decision.Keep && isEmpty(&set) {
			if err := p.scale(ctx, &set, *p.world.Target.Spec.Replicas); err != nil {
				return err
			}
		}
	}
	for _, set := range p.world.ReplicaSets {
		if set.Labels[appsv1.DefaultDeploymentUniqueLabelKey] != p.decision.Keep && !isEmpty(&set) {
			if err := p.scale(ctx, &set, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func isEmpty(set *appsv1.ReplicaSet) bool { return set.Spec.Replicas != nil && *set.Spec.Replicas == 0 }

func (p *pass) scale(ctx context.Context, set *appsv1.ReplicaSet, size int32) error {
	// The cache may have left out the template; only the size may differ in what is sent.
	base := set.DeepCopy()
	set.Spec.Replicas = &size
	if err := p.Patch(ctx, set, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("scaling ReplicaSet %s/%s to %d: %w", set.Namespace, set.Name, size, err)
	}
	p.changes.Other = true
	p.note(fmt.Sprintf("scaled to %d", size), set)
	return nil
}

// canary creates, sizes, replaces or removes the canary Deployment.
func (p *pass) canary(ctx context.Context) error {
	switch {
	case p.decision.Canary == rollout.Leave:
		return nil
	case p.decision.Canary == rollout.Absent:
		if p.world.Canary == nil {
			return nil
		}
		p.changes.Other = true
		return p.remove(ctx, p.world.Canary)
	case p.world.Canary == nil:
		return p.createCanary(ctx)
	default:
		return p.updateCanary(ctx)
	}
}

func (p *pass) createCanary(ctx context.Context) error {
	canary := workload.Canary(p.world.Target, p.decision.CanaryPods, p.world.Plan.Deadline)
	if err := p.Create(ctx, canary); err != nil {
		return fmt.Errorf("creating canary Deployment %s: %w", client.ObjectKeyFromObject(canary), err)
	}
	p.changes.Other = true
	p.note(fmt.Sprintf("created with %s", pods(p.decision.CanaryPods)), canary)
	return p.verify(canary)
}

// updateCanary sizes the canary. A canary without pods gets the template that is wanted now.
func (p *pass) updateCanary(ctx context.Context) error {
	old := p.world.Canary
	size := int32(p.decision.CanaryPods) //nolint:gosec // at most the target's size and a surge
	wanted := old.DeepCopy()
	wanted.Spec.Replicas = &size
	replaced := p.decision.CanaryPods > 0 && !p.snapshot.Target.WantsCanary && p.snapshot.Canary.Desired == 0
	if replaced {
		fresh := workload.Canary(p.world.Target, p.decision.CanaryPods, p.world.Plan.Deadline)
		wanted.Spec.Template, wanted.Spec.Strategy = fresh.Spec.Template, fresh.Spec.Strategy
		wanted.Spec.MinReadySeconds, wanted.Spec.ProgressDeadlineSeconds = fresh.Spec.MinReadySeconds, fresh.Spec.ProgressDeadlineSeconds
	}
	if old.Spec.Replicas != nil && *old.Spec.Replicas == size && !replaced {
		return nil
	}
	if err := p.Patch(ctx, wanted, client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("writing canary Deployment %s: %w", client.ObjectKeyFromObject(old), err)
	}
	p.changes.Other = true
	p.note(fmt.Sprintf("scaled to %s", pods(p.decision.CanaryPods)), wanted)
	if replaced {
		return p.verify(wanted)
	}
	return nil
}

func pods(n int) string {
	if n == 1 {
		return "1 pod"
	}
	return fmt.Sprintf("%d pods", n)
}

// verify makes sure that the canary runs what is wanted. Something between us
// and the API server that rewrites pod templates would otherwise have the
// canary replaced for ever.
func (p *pass) verify(canary *appsv1.Deployment) error {
	if workload.SameTemplate(canary.Spec.Template, p.world.Target.Spec.Template) {
		return nil
	}
	return fmt.Errorf("an admission webhook changes the pod template of canary Deployment %s, so it would not judge what is wanted; exclude objects labelled app.kubernetes.io/managed-by=serin from it",
		client.ObjectKeyFromObject(canary))
}

// mark keeps the Service's label of the version in step with what serves.
func (p *pass) mark(ctx context.Context) error {
	key := p.world.Plan.VersionLabel
	if !p.decision.Mark || p.world.Service == nil || key == "" {
		return nil
	}
	version, known := p.world.Target.Spec.Template.Labels[key]
	present, labelled := p.world.Service.Labels[key]
	if !known || !labelled || version == present {
		return nil
	}
	wanted := p.world.Service.DeepCopy()
	wanted.Labels[key] = version
	if err := p.Patch(ctx, wanted, client.MergeFromWithOptions(p.world.Service, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("writing label %s of Service %s: %w", key, client.ObjectKeyFromObject(wanted), err)
	}
	p.changes.Other = true
	p.note(fmt.Sprintf("labelled %s", version), wanted)
	return nil
}
