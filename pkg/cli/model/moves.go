// SPDX-License-Identifier: Apache-2.0

package model

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Move is what the controller did between two versions of a Deployment.
type Move struct {
	Phase   rollout.Phase
	Weight  rollout.Weight
	Reason  string // empty where only the memo tells of it
	Message string
}

// String tells the move in words.
func (m Move) String() string {
	text := string(m.Phase)
	if m.Phase == rollout.Progressing || m.Phase == rollout.Paused {
		text = fmt.Sprintf("%s at %s", m.Phase, m.Weight)
	}
	text += ": " + m.Message
	if m.Reason != "" {
		text += " (" + m.Reason + ")"
	}
	return text
}

// MoveBetween compares two versions; ok is false where the controller said and
// did nothing new. Some writes change the memo and not the condition, which
// then follows with the next move: the memo's weight tells of these.
func MoveBetween(before, after *appsv1.Deployment) (m Move, ok bool) {
	said, memo := Condition(after), Memo(after)
	m = Move{Phase: PhaseOf(after), Weight: memo.Weight}
	if said == nil {
		return m, false
	}
	var old appsv1.DeploymentCondition
	var was rollout.Memo
	if before != nil {
		was = Memo(before)
		if c := Condition(before); c != nil {
			old = *c
		}
	}
	if old.Status != said.Status || old.Reason != said.Reason || old.Message != said.Message {
		m.Reason, m.Message = said.Reason, oneLine(said.Message)
		return m, true
	}
	if m.Message = remembered(was, memo); m.Message == "" {
		return m, false
	}
	m.Phase = underWay(memo, "")
	return m, true
}

// remembered tells what the memo alone says of a move.
func remembered(was, is rollout.Memo) string {
	switch {
	case running(was) && running(is) && was.Weight != is.Weight:
		return fmt.Sprintf("from %s to %s", was.Weight, is.Weight)
	case !was.Promoting && is.Promoting:
		return "the Deployment is let go onto the judged template"
	case was.Ending == "" && is.Ending != "" && is.Ending != rollout.Finished:
		return oneLine("goes back to stable: " + is.Message)
	}
	return ""
}

// silence is after how long a controller that runs has said why it waits.
const silence = 25 * time.Second

// Silent reports whether a controller that runs would have said something by
// now. A wait is told within ten seconds; so after a move, or after the end of
// a hold, something follows, unless the last word already is about a wait.
func Silent(o Objects, lastSeen, now time.Time) bool {
	if o.OutcomeOf() == Unanswered {
		return now.Sub(lastSeen) > silence
	}
	said, memo := Condition(o.Target), Memo(o.Target)
	if said == nil || said.Status != "Unknown" || !moving[rollout.Reason(said.Reason)] {
		return false
	}
	due := lastSeen
	plan, _ := annotations.Read(o.Target.Annotations)
	if end := heldUntil(plan, memo); end.After(due) {
		due = end
	}
	return now.Sub(due) > silence
}

// moving are the reasons that tell of a move, after which another word is due.
// All others tell of a wait, which may take as long as it takes.
var moving = map[rollout.Reason]bool{
	"NewTemplate": true, "StepPassed": true, "Holding": true, "Baking": true, "PromoteRequested": true, "FailureForgiven": true,
	"RetryRequested": true, "Superseded": true, "AbortRequested": true, "RollingBack": true, "Withdrawn": true,
	"Restarted": true, "RoutesRestored": true, "CanaryRemoved": true, "SubsetsRemoved": true, "Cancelled": true,
	"AllStepsPassed": true, "PromotionComplete": true, "Rescaled": true, "WeightNotApplied": true, "NotHeld": true,
	"SubsetsPrepared": true, "RoutesSplit": true, "OptedOut": true, "RejectionForgotten": true, "TemplateReverted": true,
}
