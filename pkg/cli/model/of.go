// SPDX-License-Identifier: Apache-2.0

package model

import (
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
	"github.com/serin-dev/serin/pkg/workload"
)

// Of tells where the Deployment stands.
func Of(o Objects, now time.Time) Rollout {
	target, memo := o.Target, Memo(o.Target)
	r := Rollout{
		Namespace: target.Namespace, Name: target.Name, Outcome: o.OutcomeOf(),
		Leaving: !annotations.OptedIn(target.Annotations),
		Asked:   asked(target), Started: memo.Started, Mode: memo.Mode, Service: memo.Service,
		Wanted: Images(target.Spec.Template), Gaps: o.Gaps,
	}
	plan, problems := annotations.Read(target.Annotations)
	if _, err := annotations.ReadMemo(target.Annotations[annotations.Rollout]); err != nil {
		problems = append(problems, rollout.Problem{Message: err.Error()})
	}
	for _, problem := range problems {
		r.Problems = append(r.Problems, problem.Message)
	}
	r.say(target)
	r.plan(plan, memo, now)
	r.judge(target.Annotations[annotations.Journal])
	r.weigh(o, memo)
	r.gather(o)
	for _, event := range o.Events {
		// One line each: line breaks would break a table.
		r.Events = append(r.Events, Event{At: workload.Happened(event), Type: event.Type, Reason: event.Reason, Message: oneLine(event.Message)})
	}
	return r
}

// say takes over the controller's words, where they are about this template.
// Where they are not, the change waits for the controller.
func (r *Rollout) say(target *appsv1.Deployment) {
	said := Condition(target)
	if said == nil {
		r.Held = target.Spec.Paused && !r.Leaving
		return
	}
	r.Status, r.Since = string(said.Status), said.LastTransitionTime.Time
	if r.Outcome == Unanswered {
		r.Held = true
		return
	}
	r.Said = said.LastUpdateTime.Time
	r.Phase, r.Reason, r.Message = PhaseOf(target), said.Reason, oneLine(said.Message)
	r.Advice = Advice(rollout.Reason(said.Reason))
}

func asked(target *appsv1.Deployment) []string {
	var all []string
	for _, key := range slices.Concat([]string{annotations.Pause}, annotations.Commands) {
		if value, set := target.Annotations[key]; set {
			all = append(all, key+"="+value)
		}
	}
	return all
}

// running reports whether the memo tells of a rollout that has a weight.
func running(memo rollout.Memo) bool { return !memo.Started.IsZero() && memo.Ending == "" }

// plan tells the steps, and where in them the rollout is.
func (r *Rollout) plan(plan rollout.Plan, memo rollout.Memo, now time.Time) {
	current, baking := Current(plan, memo), !rollout.BakesUntil(plan, memo).IsZero()
	for i, step := range plan.Steps {
		s := Step{Weight: *percent(step.Weight), Pause: step.Pause, Current: i == current && !baking, Passed: running(memo) && (i < current || baking)}
		if !step.Pause {
			s.Hold = step.Hold.String()
		}
		r.Steps = append(r.Steps, s)
	}
	if plan.Bake > 0 {
		r.Bake = &Bake{For: plan.Bake.String(), Current: baking, Passed: running(memo) && memo.Promoting}
	}
	if until := heldUntil(plan, memo); until.After(now) {
		r.HoldUntil = until
	}
}

// heldUntil is when the step or the bake under way is over at the earliest; zero where nothing is held.
func heldUntil(plan rollout.Plan, memo rollout.Memo) time.Time {
	if until := rollout.BakesUntil(plan, memo); !until.IsZero() {
		return until
	}
	current := Current(plan, memo)
	if current < 0 || memo.Promoting || plan.Steps[current].Pause || memo.Full || memo.Passed >= memo.Weight {
		return time.Time{}
	}
	return memo.Since.Add(plan.Settle + plan.Steps[current].Hold)
}

// Current is the index of the step under way, -1 outside of a rollout and
// before its first weight. A plan that was edited meanwhile may not have the
// memo's weight any more; the next higher one is then where the rollout goes.
func Current(plan rollout.Plan, memo rollout.Memo) int {
	if !running(memo) || memo.Weight == 0 {
		return -1
	}
	return slices.IndexFunc(plan.Steps, func(step rollout.Step) bool { return step.Weight >= memo.Weight })
}

// weigh tells the weight that is wanted, and the one that is observed.
func (r *Rollout) weigh(o Objects, memo rollout.Memo) {
	for _, vs := range o.Routes {
		route := routeOf(vs, traffic.Service{Name: memo.Service, Namespace: r.Namespace})
		if route.Canary != nil && (r.Observed == nil || *route.Canary > *r.Observed) {
			r.Observed = route.Canary
		}
		r.Routes = append(r.Routes, route)
	}
	r.Weight = wanted(memo)
	if byPods(memo) && o.Canary != nil {
		r.Observed = percent(rollout.Share(int(o.Canary.Status.AvailableReplicas), int(o.Target.Status.AvailableReplicas)))
	}
}

// wanted is the weight that the memo asks for, nil outside of a rollout.
func wanted(memo rollout.Memo) *Percent {
	switch {
	case running(memo):
		return percent(memo.Weight)
	case !memo.Started.IsZero() && memo.Ending != rollout.Finished:
		return percent(0) // on its way back
	}
	return nil
}

// byPods reports whether the ratio of pods divides the traffic of a rollout under way.
func byPods(memo rollout.Memo) bool {
	return !memo.Started.IsZero() && (memo.Mode == rollout.Replicas || memo.Mode == rollout.Surge)
}

func routeOf(vs *unstructured.Unstructured, service traffic.Service) Route {
	reading := traffic.Read(vs, service)
	route := Route{Kind: vs.GetKind(), Namespace: vs.GetNamespace(), Name: vs.GetName()}
	if reading.Split > 0 {
		route.Canary = percent(rollout.Weight(reading.Permille))
		route.Partly = reading.Split < reading.Destinations || !reading.Uniform
	}
	return route
}

// gather tells of the pods: those that are stable's, and the canary's.
func (r *Rollout) gather(o Objects) {
	target := o.Target
	r.Stable = Workload{Kind: "Deployment", Name: target.Name, Desired: replicas(target.Spec.Replicas), Ready: target.Status.ReadyReplicas}
	var canaries, own []corev1.Pod
	for _, pod := range o.Pods {
		if pod.Labels[annotations.CanaryOf] == workload.CanaryOf(target.Name) {
			canaries = append(canaries, pod)
		} else {
			own = append(own, pod)
		}
	}
	r.Stable.Pods = pods(own)
	switch stable := o.Stable(); {
	case stable != nil:
		r.Stable.Kind, r.Stable.Name, r.Stable.Images = "ReplicaSet", stable.Name, Images(stable.Spec.Template)
	case r.Outcome == Promoted:
		r.Stable.Images = r.Wanted // a template that serves everybody is the one that is wanted
	}
	if o.Canary != nil {
		r.Canary = &Workload{
			Kind: "Deployment", Name: o.Canary.Name, Desired: replicas(o.Canary.Spec.Replicas), Ready: o.Canary.Status.ReadyReplicas,
			Images: Images(o.Canary.Spec.Template), Pods: pods(canaries),
		}
	}
}

// replicas is a size, with what the API server takes an absent one for.
func replicas(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
