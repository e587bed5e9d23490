// SPDX-License-Identifier: Apache-2.0

package model

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// Outcome is what has become of the template that is wanted now.
type Outcome string

// The outcomes.
const (
	Unanswered Outcome = "unanswered" // the controller has not said anything about this template yet
	UnderWay   Outcome = "underWay"   // it goes out, is held, or goes back
	Promoted   Outcome = "promoted"   // it serves everybody
	RolledBack Outcome = "rolledBack" // it was rejected, and stable serves everybody
)

// Over reports whether nothing more happens by itself.
func (o Outcome) Over() bool { return o == Promoted || o == RolledBack }

// OutcomeOf judges by what is wanted now. The condition alone does not do: just
// after a change, and for as long as no controller runs, it speaks of the
// template before.
func (o Objects) OutcomeOf() Outcome {
	said, memo := Condition(o.Target), Memo(o.Target)
	if said == nil {
		return Unanswered
	}
	switch said.Status {
	case corev1.ConditionTrue:
		return o.promoted(memo)
	case corev1.ConditionFalse:
		return o.rejected(memo)
	default:
		return UnderWay
	}
}

// promoted: the wanted template is the one that stable runs, and nothing is
// under way. Where stable's own template may not be read, the Deployment
// controller's count of pods of the wanted template stands in.
func (o Objects) promoted(memo rollout.Memo) Outcome {
	if !memo.Started.IsZero() || memo.Ending != "" {
		return UnderWay // the memo is written before the condition
	}
	if stable := o.Stable(); stable != nil {
		if workload.SameTemplate(stable.Spec.Template, o.Target.Spec.Template) {
			return Promoted
		}
		return Unanswered
	}
	if complete, _ := workload.Finish(o.Target); complete {
		return Promoted
	}
	return Unanswered
}

// rejected: the canary Deployment is the memory of what was rejected. Where it
// is gone, the memo tells of which generation the rejection spoke.
func (o Objects) rejected(memo rollout.Memo) Outcome {
	if memo.Ending != rollout.Reject {
		return UnderWay // a new rollout has begun, or clears up
	}
	if retried(o.Target) {
		return Unanswered
	}
	same := memo.Generation == o.Target.Generation
	if o.Canary != nil {
		same = workload.SameTemplate(o.Canary.Spec.Template, o.Target.Spec.Template)
	}
	if same {
		return RolledBack
	}
	return Unanswered
}

// retried: a person has asked for another try, and nobody has answered yet.
func retried(target *appsv1.Deployment) bool {
	return target.Annotations[annotations.Retry] != "" || target.Annotations[annotations.Promote] == string(rollout.PromoteFull)
}
