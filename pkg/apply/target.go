// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

// remember writes the memo, and what of the target must change in the same
// instant: the guard lets spec.paused go only together with the memo.
//
// Memo and condition alone go through the status subresource in one write,
// which leaves the generation as it is.
func (p *pass) remember(ctx context.Context) error {
	if p.world.Target == nil || p.world.Target.DeletionTimestamp != nil {
		return nil
	}
	base := p.world.Target
	wanted := base.DeepCopy()
	p.setMemo(wanted)
	if p.decision.Forget {
		p.setJournal(wanted)
		return p.forget(ctx, wanted)
	}
	if p.setSpec(wanted) {
		p.setJournal(wanted)
		return p.write(ctx, base, wanted)
	}
	told := p.decision.Announced(p.snapshot) && p.setCondition(wanted)
	memo := base.Annotations[annotations.Rollout] != wanted.Annotations[annotations.Rollout]
	if !told && !memo && !p.filed() {
		return nil
	}
	p.setJournal(wanted)
	patch := client.StrategicMergeFrom(base, client.MergeFromWithOptimisticLock{})
	if err := p.Status().Patch(ctx, wanted, patch); err != nil {
		return fmt.Errorf("writing status of Deployment %s: %w", p.world.Key, err)
	}
	p.changes.Told, p.changes.Memo = told, memo
	p.recorded()
	return nil
}

// write changes the target itself. Its condition follows with a later pass: the
// Deployment controller writes the status now, and two writers at once only get
// in each other's way.
func (p *pass) write(ctx context.Context, base, wanted *appsv1.Deployment) error {
	if err := p.Patch(ctx, wanted, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("writing Deployment %s: %w", p.world.Key, err)
	}
	p.changes.Memo, p.changes.Other = true, true
	p.changes.Consumed = consumed(base, wanted)
	p.recorded()
	p.noteSpec(base, wanted)
	return nil
}

// forget takes the condition away, then the memo: the memo goes last, because
// it is what says that there is something to take away.
func (p *pass) forget(ctx context.Context, wanted *appsv1.Deployment) error {
	base := p.world.Target
	bare := base.DeepCopy()
	if p.setCondition(bare) {
		if err := p.Status().Patch(ctx, bare, client.StrategicMergeFrom(base, client.MergeFromWithOptimisticLock{})); err != nil {
			return fmt.Errorf("writing status of Deployment %s: %w", p.world.Key, err)
		}
		p.changes.Told = true
		wanted.ResourceVersion = bare.ResourceVersion
		wanted.Status = bare.Status
		base = bare
	}
	p.setSpec(wanted)
	return p.write(ctx, base, wanted)
}

func (p *pass) setMemo(target *appsv1.Deployment) {
	if p.decision.Forget || p.decision.Memo == (rollout.Memo{}) {
		delete(target.Annotations, annotations.Rollout)
		return
	}
	if p.decision.Memo == p.snapshot.Memo && target.Annotations[annotations.Rollout] != "" {
		return // as observed; a later version's memo may say the same in other words
	}
	if p.decision.Memo == (rollout.Memo{UID: p.decision.Memo.UID}) && target.Annotations[annotations.Rollout] == "" {
		return // nothing to remember yet
	}
	if target.Annotations == nil {
		target.Annotations = map[string]string{}
	}
	target.Annotations[annotations.Rollout] = annotations.WriteMemo(p.decision.Memo)
}

// setSpec changes what the status subresource cannot, and reports whether anything does.
func (p *pass) setSpec(target *appsv1.Deployment) (changed bool) {
	if d := p.decision; d.Target != rollout.Untouched && target.Spec.Paused != (d.Target == rollout.Held) {
		target.Spec.Paused, changed = d.Target == rollout.Held, true
	}
	if size := int32(p.decision.Size); size > 0 && (target.Spec.Replicas == nil || *target.Spec.Replicas != size) { //nolint:gosec // a size that the API server accepted, or less
		target.Spec.Replicas, changed = &size, true
	}
	if p.decision.Consume {
		for _, command := range annotations.Commands {
			if _, given := target.Annotations[command]; given {
				delete(target.Annotations, command)
				changed = true
			}
		}
	}
	return changed
}

// consumed are the commands that one has and the other has not.
func consumed(before, after *appsv1.Deployment) (commands []string) {
	for _, command := range annotations.Commands {
		_, given := before.Annotations[command]
		if _, left := after.Annotations[command]; given && !left {
			commands = append(commands, strings.TrimPrefix(command, annotations.Prefix))
		}
	}
	return commands
}

// setCondition puts the decision into the condition serin.dev/Promoted.
func (p *pass) setCondition(target *appsv1.Deployment) (changed bool) {
	conditions := target.Status.Conditions
	at := slices.IndexFunc(conditions, func(c appsv1.DeploymentCondition) bool {
		return string(c.Type) == annotations.ConditionPromoted
	})
	if p.decision.Forget {
		if at < 0 {
			return false
		}
		target.Status.Conditions = slices.Delete(conditions, at, at+1)
		return true
	}
	now := metav1.NewTime(p.snapshot.Now)
	wanted := appsv1.DeploymentCondition{
		Type:               appsv1.DeploymentConditionType(annotations.ConditionPromoted),
		Status:             corev1.ConditionStatus(p.decision.Promoted()),
		Reason:             string(p.decision.Reason),
		Message:            p.decision.Message,
		LastUpdateTime:     now,
		LastTransitionTime: now,
	}
	if at < 0 {
		target.Status.Conditions = append(target.Status.Conditions, wanted)
		return true
	}
	old := conditions[at]
	if old.Status == wanted.Status {
		wanted.LastTransitionTime = old.LastTransitionTime
		same := old.Reason == wanted.Reason && old.Message == wanted.Message
		if same || !p.decision.News(rollout.Reason(old.Reason)) {
			return false
		}
	}
	conditions[at] = wanted
	return true
}
