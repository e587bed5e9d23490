// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// Run is one rollout from its change to its end.
type Run struct {
	Cluster      *cluster.Cluster
	Journal      *Journal
	Name         string
	Change       func(target *appsv1.Deployment) (cluster.Change, error)
	Timeout      time.Duration // 0: none
	AbortOnExit  bool
	LogLines     int64
	wanted       *appsv1.Deployment // as the API server stored our change
	last         *appsv1.Deployment
	heard        time.Time // when the controller's last word was seen
	complained   bool      // that it is silent
	lost         bool      // the API server does not answer
	evidence     []string  // the canary's last lines, read before its pods go
	haveEvidence bool
}

// Do changes the template and follows it. The error is about what kept it from
// doing so, and not about how the rollout ended.
func (r *Run) Do(ctx context.Context) (Result, error) {
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.Timeout, cluster.ErrTimeout)
		defer cancel()
	}
	defer r.Journal.Close()
	outcome, err := r.begin(ctx)
	if err != nil {
		return r.stopped(ctx, err)
	}
	if outcome.Over() {
		return r.already(ctx, outcome), nil
	}
	result, err := r.follow(ctx)
	if err != nil {
		return r.stopped(ctx, err)
	}
	return result, nil
}

// attempts are how often a change is tried that others got in the way of.
const attempts = 5

// begin makes the change, unless the template is wanted already, and tells what
// has become of it so far.
func (r *Run) begin(ctx context.Context) (model.Outcome, error) {
	for n := 1; ; n++ {
		target, err := r.Cluster.Opted(ctx, r.Name)
		if err != nil {
			return "", err
		}
		outcome, err := r.change(ctx, target)
		if n == attempts || !apierrors.IsConflict(err) {
			return outcome, err
		}
	}
}

func (r *Run) change(ctx context.Context, target *appsv1.Deployment) (model.Outcome, error) {
	change, err := r.Change(target)
	if err != nil {
		return "", err
	}
	tried, err := r.Cluster.Make(ctx, r.Name, change, true)
	if err != nil {
		return "", err
	}
	title := fmt.Sprintf("rollout of %s/%s to %s", target.Namespace, target.Name, strings.Join(model.Images(tried.Spec.Template), ", "))
	if workload.SameTemplate(tried.Spec.Template, target.Spec.Template) {
		r.wanted, r.heard = target, r.Cluster.Now()
		outcome := r.Cluster.Judge(ctx, target).OutcomeOf()
		if !outcome.Over() {
			r.Journal.Open("serin_rollout", title)
			r.Journal.Say("That template is wanted already; following it")
		}
		return outcome, nil
	}
	if r.wanted, err = r.Cluster.Make(ctx, r.Name, change, false); err != nil {
		return "", err
	}
	r.heard, r.last = r.Cluster.Now(), target
	r.Journal.Open("serin_rollout", title)
	r.Journal.Say("The template of Deployment %s is changed%s", r.Name, held(r.wanted))
	return model.Unanswered, nil
}

func held(target *appsv1.Deployment) string {
	if target.Spec.Paused {
		return ", and held by the API server until the controller takes it out"
	}
	return ""
}

// already tells of a template that is wanted, and whose end is known.
func (r *Run) already(ctx context.Context, outcome model.Outcome) Result {
	if outcome == model.Promoted {
		r.Journal.Say("Already at that version: the wanted template serves everybody")
		return Promoted
	}
	r.Journal.Say("That template was wanted before, and was rejected")
	return r.rejected(ctx, r.wanted)
}

// follow tells every move until the end.
func (r *Run) follow(ctx context.Context) (Result, error) {
	var result Result
	err := r.Cluster.Follow(ctx, r.Name, func(step cluster.Step) (done bool, err error) {
		result, done, err = r.see(ctx, step)
		return done, err
	})
	return result, err
}

func (r *Run) see(ctx context.Context, step cluster.Step) (Result, bool, error) {
	now := r.Cluster.Now()
	if step.Trouble != nil {
		if !r.lost {
			r.Journal.Say("The API server does not answer, and is asked again every second; the rollout goes on without us: %v", step.Trouble)
		}
		r.lost = true
		return 0, false, nil
	}
	if r.lost {
		r.Journal.Say("The API server answers again")
		r.lost = false
		r.heard = now
	}
	target := step.Target
	switch {
	case !annotations.OptedIn(target.Annotations):
		return 0, false, fmt.Errorf("deployment %s has opted out; its template goes out as in any Deployment: kubectl rollout status deployment/%s%s", r.Name, r.Name, r.Cluster.Where)
	case !workload.SameTemplate(target.Spec.Template, r.wanted.Spec.Template):
		r.Journal.Fail("Superseded", fmt.Sprintf("somebody else changed the template of Deployment %s to %s; this run no longer decides",
			r.Name, strings.Join(model.Images(target.Spec.Template), ", ")))
		return Superseded, true, nil
	}
	objects := r.Cluster.Judge(ctx, target)
	r.tell(ctx, objects, step.New, now)
	outcome := objects.OutcomeOf()
	if !outcome.Over() {
		return 0, false, nil
	}
	if outcome == model.Promoted {
		r.Journal.Close()
		r.Journal.Say("Promoted: the wanted template serves everybody")
		return resultOf(outcome), true, nil
	}
	return r.rejected(ctx, target), true, nil
}

// tell prints a move that is news, and a silence that has lasted too long.
func (r *Run) tell(ctx context.Context, objects model.Objects, fresh bool, now time.Time) {
	if fresh {
		move, moved := model.MoveBetween(r.last, objects.Target)
		about := objects.OutcomeOf() != model.Unanswered // not another template's condition
		r.last = objects.Target
		if moved && about {
			r.heard, r.complained = now, false
			r.Journal.Say("%s", move)
			if move.Phase == rollout.RollingBack {
				r.collect(ctx, objects.Target)
			}
		}
	}
	if !r.complained && model.Silent(objects, r.heard, now) {
		r.complained = true
		r.Journal.Say("Nobody answers: the controller has said nothing for %s. Is it running? kubectl serin doctor%s. Waiting on",
			now.Sub(r.heard).Round(time.Second), r.Cluster.Where)
	}
}

// rejected tells why, with the canary's last words.
func (r *Run) rejected(ctx context.Context, target *appsv1.Deployment) Result {
	reason, message := "RolledBack", ""
	if said := model.Condition(target); said != nil {
		reason, message = said.Reason, said.Message
	}
	r.collect(ctx, target)
	r.Journal.Close()
	for _, line := range r.evidence {
		r.Journal.Say("%s", line)
	}
	r.Journal.Fail("Rolled back: "+reason, fmt.Sprintf("%s; stable serves everybody. To try the same template again: kubectl serin retry %s%s",
		strings.TrimRight(message, ". "), r.Name, r.Cluster.Where))
	return RolledBack
}

// stopped tells of an end that is not the rollout's.
func (r *Run) stopped(ctx context.Context, err error) (Result, error) {
	timedOut := errors.Is(err, cluster.ErrTimeout) || errors.Is(context.Cause(ctx), cluster.ErrTimeout)
	if ctx.Err() == nil || r.wanted == nil {
		return RolledBack, err
	}
	result, why := Interrupted, "Interrupted"
	if timedOut {
		result, why = TimedOut, fmt.Sprintf("Timed out after %s", r.Timeout)
	}
	if !r.AbortOnExit {
		r.Journal.Fail(why, fmt.Sprintf("the rollout is left running. To follow it: kubectl serin status %s%s -w; to end it: kubectl serin abort %s%s",
			r.Name, r.Cluster.Where, r.Name, r.Cluster.Where))
		return result, nil
	}
	r.abort(context.WithoutCancel(ctx), why)
	return result, nil
}
