// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"fmt"
	"slices"
	"strings"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Order is a command that writes one annotation.
type Order struct {
	key, value string // what is written; an empty value removes the key
	asked      string // what was asked for, for the report: "asked to ..."
	locked     bool   // nothing may have been written since the Deployment was read

	// refuse says why the order makes no sense where the rollout stands, and
	// what to type instead; empty when it does make sense.
	refuse func(o model.Objects, where string) string
	// answer says what came of it, empty while nothing has.
	answer func(before, now model.Objects) string
}

const nothingToPromote = "nothing to promote: everybody is on the wanted template"

// PromoteStep passes the step or the bake under way.
func PromoteStep() Order {
	return Order{key: annotations.Promote, value: string(rollout.PromoteStep), asked: "pass the step under way", answer: consumed(annotations.Promote, passed),
		refuse: func(o model.Objects, where string) string {
			if o.OutcomeOf() == model.RolledBack {
				return "the template was rolled back, so no step is under way; to try it again: kubectl serin retry " + o.Target.Name + where
			}
			return only(o, nothingToPromote, model.UnderWay)
		}}
}

// PromoteFull passes all steps that are left.
func PromoteFull() Order {
	return Order{key: annotations.Promote, value: string(rollout.PromoteFull), asked: "promote without the steps that are left", answer: consumed(annotations.Promote, waived),
		refuse: func(o model.Objects, _ string) string {
			return only(o, nothingToPromote, model.UnderWay, model.RolledBack)
		}}
}

// Abort rolls back.
func Abort() Order {
	return Order{key: annotations.Abort, value: "true", asked: "roll back", answer: consumed(annotations.Abort, aborted),
		refuse: func(o model.Objects, _ string) string {
			if o.OutcomeOf() == model.RolledBack {
				return "nothing to abort: the template is already rolled back"
			}
			return only(o, "nothing to abort: no rollout is under way", model.UnderWay)
		}}
}

// Retry tries a rejected template again.
func Retry() Order {
	return Order{key: annotations.Retry, value: "true", asked: "try the rolled-back template again", answer: consumed(annotations.Retry, retried),
		refuse: func(o model.Objects, _ string) string {
			if o.OutcomeOf() == model.UnderWay && o.Target.Annotations[annotations.OnFailure] == "pause" {
				return "" // a failure that was paused on can be tried again, and only the controller knows whether there is one
			}
			return only(o, "nothing to retry: the template was not rolled back", model.RolledBack)
		}}
}

// Pause holds the rollout where it is.
func Pause() Order {
	return Order{key: annotations.Pause, value: "true", asked: "hold the rollout where it is", answer: func(_, now model.Objects) string {
		if now.OutcomeOf().Over() {
			return "No rollout is under way; the next one will stand still at its beginning."
		}
		if said := model.Condition(now.Target); said != nil && said.Reason == "PauseRequested" {
			return "It stands still: " + said.Message + "."
		}
		return ""
	}}
}

// Resume takes a pause back.
func Resume() Order {
	return Order{key: annotations.Pause, asked: "go on",
		refuse: func(o model.Objects, where string) string {
			if _, paused := o.Target.Annotations[annotations.Pause]; paused {
				return ""
			}
			return fmt.Sprintf("it is not paused; where a step waits for a person: kubectl serin promote %s%s", o.Target.Name, where)
		},
		answer: func(before, now model.Objects) string {
			if now.OutcomeOf().Over() {
				return "No rollout is under way; the next one will not stand still."
			}
			was, is := model.Condition(before.Target), model.Condition(now.Target)
			switch {
			case is == nil || (is.Reason == "PauseRequested" && was != nil && was.Reason == is.Reason):
				return ""
			case was == nil || was.Reason != "PauseRequested":
				return "The pause is gone; it had not been acted on."
			}
			return fmt.Sprintf("It goes on: %s: %s.", is.Reason, is.Message)
		}}
}

// Approve passes the pause of one step, and of no other.
func Approve(step string) (Order, error) {
	weight, err := readStep(step)
	if err != nil {
		return Order{}, err
	}
	return Order{key: annotations.Promote, value: string(rollout.PromoteStep), asked: fmt.Sprintf("pass the step at %s", weight), locked: true,
		answer: consumed(annotations.Promote, passed),
		refuse: func(o model.Objects, where string) string { return notWaiting(o, weight, where) }}, nil
}

// readStep reads a weight as the plan writes it: "50", "50%" or "0.5".
func readStep(text string) (rollout.Weight, error) {
	plan, problems := annotations.Read(map[string]string{annotations.Steps: text})
	if len(problems) > 0 || strings.ContainsAny(text, ",:") || strings.TrimSpace(text) == "" {
		return 0, fmt.Errorf("%q is not a step; write its weight as the plan does, for example 50 or 0.5", text)
	}
	return plan.Steps[0].Weight, nil
}

// notWaiting says why there is nothing to approve at that step now.
func notWaiting(o model.Objects, weight rollout.Weight, where string) string {
	plan, _ := annotations.Read(o.Target.Annotations)
	memo := model.Memo(o.Target)
	at := slices.IndexFunc(plan.Steps, func(s rollout.Step) bool { return s.Weight == weight })
	if at < 0 {
		var all []string
		for _, step := range plan.Steps {
			all = append(all, step.Weight.String())
		}
		return fmt.Sprintf("the plan has no step at %s; its steps are %s", weight, strings.Join(all, ", "))
	}
	if outcome := o.OutcomeOf(); outcome != model.UnderWay || memo.Promoting || memo.Ending != "" {
		return "nothing to approve: no step is under way"
	}
	switch {
	case memo.Weight != weight:
		return fmt.Sprintf("the step under way is at %s, not at %s; to see it: kubectl serin status %s%s", memo.Weight, weight, o.Target.Name, where)
	case !plan.Steps[at].Pause:
		return fmt.Sprintf("the step at %s waits for nobody; to pass it before its hold is over: kubectl serin promote %s%s", weight, o.Target.Name, where)
	case memo.Full || memo.Passed >= weight:
		return fmt.Sprintf("the step at %s is passed already", weight)
	}
	return ""
}

// only refuses with the words unless the outcome is one of those given, or the
// controller has not answered: it may not have seen what is there now.
func only(o model.Objects, words string, outcomes ...model.Outcome) string {
	at := o.OutcomeOf()
	if at == model.Unanswered || slices.Contains(outcomes, at) {
		return ""
	}
	return words
}
