// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"context"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/analysis/reach"
	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Input is what is known before the rollout.
type Input struct {
	Target  *appsv1.Deployment      // as it serves
	Others  []client.Object         // everything around it
	Wanted  *corev1.PodTemplateSpec // the new template; nil: the same, restarted
	Stable  string                  // pod-template-hash of what serves, where it is known
	Mesh    bool                    // Istio's API is known to be served
	Notes   []string                // about the input
	Load    *reach.Load             // what users send; nil: not known
	Traffic *Traffic                // what that was counted from, if it was
}

// epoch is when modelled rollouts begin: the clock then shows how long they took.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// restarted is what kubectl rollout restart writes.
const restarted = "kubectl.kubernetes.io/restartedAt"

// Wanted is the template that a rollout is about when nobody named one: what
// serves, restarted.
func Wanted(template corev1.PodTemplateSpec) corev1.PodTemplateSpec {
	template = *template.DeepCopy()
	if template.Annotations == nil {
		template.Annotations = map[string]string{}
	}
	template.Annotations[restarted] = epoch.Format(time.RFC3339)
	return template
}

// Make plays the rollout and writes it down.
func Make(ctx context.Context, in Input) (Plan, error) {
	target := in.Target.DeepCopy()
	notes := slices.Concat(in.Notes, prepare(target))
	world := model.New(target, in.Others, epoch)
	world.Stable, world.Mesh = in.Stable, world.Mesh || in.Mesh
	if world.Stable == "" {
		world.Stable = "stable"
	}
	if err := world.Run(ctx, model.Forever, func(model.Pass) error { return nil }); err != nil {
		return Plan{}, err
	}
	wanted := in.Wanted
	if wanted == nil {
		again := Wanted(target.Spec.Template)
		wanted = &again
	}
	world.Push(*wanted)
	empty := Plan{Namespace: target.Namespace, Deployment: target.Name, Problems: []Problem{}, Notes: notes, Steps: []Step{}}
	w := writer{world: world, load: in.Load, traffic: in.Traffic, judged: policy(target, in.Others), plan: empty}
	if err := world.Run(ctx, model.Forever, w.note); err != nil {
		return Plan{}, err
	}
	w.end()
	return w.plan, nil
}

// prepare opts the target in, and says which of its annotations are left out.
func prepare(target *appsv1.Deployment) []string {
	notes := []string{}
	if !annotations.OptedIn(target.Annotations) {
		notes = append(notes, fmt.Sprintf("the Deployment has not opted in; this is the plan for when it has: %s: \"true\"", annotations.Canary))
		if target.Annotations == nil {
			target.Annotations = map[string]string{}
		}
		target.Annotations[annotations.Canary] = "true"
	}
	for _, key := range model.Left {
		if _, found := target.Annotations[key]; found && key != annotations.Rollout && key != annotations.Journal {
			notes = append(notes, fmt.Sprintf("%s is left out of the plan", key))
		}
	}
	return notes
}

// writer writes the plan down, pass by pass.
type writer struct {
	world   *model.World
	load    *reach.Load
	traffic *Traffic
	judged  analysis.Policy
	plan    Plan
	pending []model.Write // for the step that comes next
	last    model.Pass
	writes  []model.Write // of the step under way
	asked   bool          // a person was asked in the step under way
	begun   bool
}

func (w *writer) note(p model.Pass) error {
	if !w.begun {
		w.begun = true
		w.first(p)
	}
	if name := stage(p.Snapshot, p.Decision); name != "" && (len(w.plan.Steps) == 0 || w.plan.Steps[len(w.plan.Steps)-1].Name != name) {
		w.begin(name, p)
	}
	if len(w.plan.Steps) > 0 {
		w.measure(p)
	}
	w.last = p
	if p.Decision.Reason == "StepPaused" && !w.asked {
		w.asked = true
		w.plan.Persons++
		w.plan.Steps[len(w.plan.Steps)-1].Person = true
		w.world.Annotate(annotations.Promote, string(rollout.PromoteStep))
	}
	return nil
}

// first takes down what is known when the new template is seen.
func (w *writer) first(p model.Pass) {
	s := p.Snapshot
	w.plan.Mode, w.plan.Service, w.plan.Size = s.Mode, s.Service, s.Target.Replicas
	w.plan.Notes = append(w.plan.Notes, s.Notes...)
	for _, problem := range s.Problems {
		w.plan.Problems = append(w.plan.Problems, Problem{problem.Reason, problem.Message})
	}
}

// clearUp is the last step: what was ours goes.
const clearUp = "clear up"

// stage names the step that a decision belongs to; empty outside of a rollout.
// In the mesh a promotion that is whole gives the routes back first.
func stage(s rollout.Snapshot, d rollout.Decision) string {
	switch {
	case d.Memo.Promoting && d.Memo.Mode == rollout.Istio && (d.Reason == "RoutesRestored" || !s.Routes.Ours):
		return clearUp
	case d.Memo.Promoting:
		return "promote"
	case d.Memo.Ending != "":
		return clearUp
	case d.Memo.Started.IsZero():
		return ""
	case d.Memo.Weight == 0:
		return "prepare"
	case !rollout.BakesUntil(s.Plan, d.Memo).IsZero():
		return "bake"
	default:
		return d.Memo.Weight.String()
	}
}

func (w *writer) begin(name string, p model.Pass) {
	w.finish(p.At)
	w.asked = false
	w.writes, w.pending = w.pending, nil
	w.plan.Steps = append(w.plan.Steps, Step{Name: name, Begins: seconds(p.At.Sub(epoch)), Changes: []Change{},
		Canary: p.Snapshot.Canary.Available, Stable: p.Snapshot.Target.Replicas})
}

// finish closes the step under way.
func (w *writer) finish(at time.Time) {
	if len(w.plan.Steps) == 0 {
		return
	}
	step := &w.plan.Steps[len(w.plan.Steps)-1]
	step.Seconds = seconds(at.Sub(epoch)) - step.Begins
	step.Changes = changes(w.writes)
}

// measure takes down what a pass saw and wrote. Pods that come up for the next
// step belong to that.
func (w *writer) measure(p model.Pass) {
	step := &w.plan.Steps[len(w.plan.Steps)-1]
	pods := w.world.Pods()
	w.plan.MostPods = max(w.plan.MostPods, pods)
	step.Most = max(step.Most, pods)
	if p.Decision.Reason == "CanaryNotAvailable" {
		w.pending = append(w.pending, p.Writes...)
		return
	}
	w.writes = append(w.writes, p.Writes...)
	s := p.Snapshot
	if step.Name == clearUp {
		step.Canary, step.Stable = 0, s.Target.Replicas
		return
	}
	begun := stage(s, rollout.Decision{Memo: s.Memo}) == step.Name && !s.Memo.Promoting
	settled := s.Canary.Available == s.Canary.Desired && s.Stable.Available+s.Judged.Available == s.Target.Replicas
	if begun && settled && p.Decision.Reason != "RatioNotReached" {
		step.Canary, step.Stable = s.Canary.Available, s.Target.Replicas
		if weight := share(s); weight > 0 {
			step.Share, step.part = weight.String(), float64(weight)/float64(rollout.Full)
		}
	}
}

// share is what part of the traffic the canary has.
func share(s rollout.Snapshot) rollout.Weight {
	switch {
	case s.Memo.Weight == 0 || s.Memo.Ending != "":
		return 0
	case s.Memo.Mode == rollout.Istio:
		return s.Routes.Weight
	default:
		return rollout.Share(s.Canary.Available, s.Target.Replicas)
	}
}

func (w *writer) end() {
	w.finish(w.world.Now)
	w.plan.Seconds = seconds(w.world.Now.Sub(epoch))
	if d := w.last.Decision; d.Phase != rollout.Idle {
		w.plan.StoppedBy, w.plan.Why = string(d.Reason), d.Message
	}
	w.reach()
}

func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }
