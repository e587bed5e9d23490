// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// This file is what each rule of refusing, steering and progressing decides.

// begin starts a rollout at weight 0. A rollout that starts over keeps the mode
// and the Service that its routes already have.
func begin(s Snapshot) Decision {
	d := Decision{Phase: Progressing, Memo: rest(s), Message: fmt.Sprintf("a new template goes out as a canary: %s, by %s", steps(s.Plan), means[s.Mode])}
	d.Memo.Started, d.Memo.Mode, d.Memo.Service = s.Now, s.Mode, s.Service
	if s.Memo.Ending == Restart && s.Memo.Mode != "" {
		d.Memo.Mode, d.Memo.Service = s.Memo.Mode, s.Memo.Service
		d.Message = "the rollout begins again with the template that is wanted now"
	}
	if len(s.Notes) > 0 {
		d.Message += "; note: " + strings.Join(s.Notes, "; ")
	}
	if wasRejected(s) {
		d.Consume = commanded(s)
		d.Memo.Full = s.Plan.Promote == PromoteFull
	}
	return d
}

// end takes a rollout back.
func end(s Snapshot, ending Ending, reason Reason, message string) Decision {
	d := Decision{Phase: RollingBack, Reason: reason, Message: message, Memo: s.Memo, Warning: ending == Reject}
	d.Memo.Ending, d.Memo.Reason, d.Memo.Message = ending, reason, message
	d.Memo.Generation = s.Target.Generation
	d.Consume = commanded(s)
	return d
}

func reject(message string) func(Snapshot) Decision {
	return func(s Snapshot) Decision { return end(s, Reject, "AbortRequested", message) }
}

func restart(s Snapshot) Decision {
	d := end(s, Restart, "", "the canary is withdrawn, then the template that is wanted now is judged from the start")
	d.Consume = s.Plan.Retry
	return d
}

func fail(s Snapshot) Decision {
	return rejectOrPause(s, s.Canary.Failure.Reason, s.Canary.Failure.Message)
}

func failAnalysis(s Snapshot) Decision {
	return rejectOrPause(s, "AnalysisFailed", s.Verdict.Evidence)
}

func failDeadline(s Snapshot) Decision {
	return rejectOrPause(s, "DeadlineExceeded", fmt.Sprintf("the canary was not available within %s: %s", s.Plan.Deadline, waits(s)))
}

// rejectOrPause: where the user prefers to freeze, weights stay, except that a
// canary that cannot carry its weight loses it.
func rejectOrPause(s Snapshot, reason Reason, message string) Decision {
	if !s.Plan.PauseOnFailure {
		return end(s, Reject, reason, message)
	}
	d := Decision{Phase: Paused, Reason: reason, Warning: true, Memo: s.Memo,
		Message: message + ` (frozen: annotate serin.dev/abort: "true", serin.dev/retry: "true" or serin.dev/promote: "step")`}
	switch {
	case isCanaryLost(s):
		d.Memo.Weight, d.Memo.Since = carried(s), s.Now
		d.Routes, d.Weight = Present, d.Memo.Weight
	case isExcessive(s):
		d.Routes, d.Weight = Present, s.Memo.Weight
	}
	return d
}

func forgive(s Snapshot) Decision {
	if !notForgiven(s) {
		return passGates(s)
	}
	d := Decision{Phase: Progressing, Memo: s.Memo, Message: "goes on in spite of a failure, as a person asked"}
	d.Memo.Forgiven = true
	return d
}

func waits(s Snapshot) string {
	if s.Canary.Waiting != "" {
		return s.Canary.Waiting
	}
	return fmt.Sprintf("%d of %d pods available", s.Canary.Available, want(s, goal(s)).canary)
}

// awaitReplicas withdraws what there is of a canary, then waits.
func awaitReplicas(s Snapshot) Decision {
	if s.Memo.under() && (s.Canary.Desired > 0 || s.Routes.Weight > 0 || s.Memo.Weight > 0) {
		return restart(s)
	}
	return Decision{Phase: Paused, Memo: s.Memo, Warning: true,
		Message: "the Deployment has 0 replicas, so there is nothing to compare a canary with; scale it up and the rollout goes on"}
}

func complain(s Snapshot) Decision {
	phase := Paused
	if isUpToDate(s) {
		phase = Idle
	}
	messages := make([]string, 0, len(s.Problems))
	for _, p := range s.Problems {
		messages = append(messages, p.Message)
	}
	d := Decision{Phase: phase, Reason: s.Problems[0].Reason, Message: strings.Join(messages, "; "), Warning: true, Memo: s.Memo}
	if slices.ContainsFunc(s.Problems, func(p Problem) bool { return isUnwatched(s, p.Reason) }) {
		d.Recheck = patience
	}
	return keepCarrying(s, d)
}

// isUnwatched: nobody tells when it is put right. Claims and ConfigMaps are not
// watched, and a ConfigMap is read for a rollout under way only.
func isUnwatched(s Snapshot, reason Reason) bool {
	return reason == ExclusiveVolume || (reason == InvalidChecks && s.Memo.under())
}

func pause(s Snapshot) Decision {
	return keepCarrying(s, Decision{Phase: Paused, Memo: s.Memo, Message: "a person holds the rollout; remove the annotation serin.dev/pause to go on"})
}

// keepCarrying: a rollout that stands still has a weight all the same, and the
// canary grows with the target so that it can carry it.
func keepCarrying(s Snapshot, d Decision) Decision {
	need := want(s, s.Memo.Weight).canary
	if s.Memo.under() && s.Memo.Mode == Istio && s.Memo.Weight > 0 && s.Canary.Exists && s.Target.WantsCanary && s.Canary.Desired < need {
		d.Canary, d.CanaryPods = Present, need
	}
	return d
}

func hurry(s Snapshot) Decision {
	if s.Plan.Promote == PromoteStep && atGates(s) {
		return passGates(s)
	}
	d := Decision{Phase: Progressing, Memo: s.Memo, Consume: true}
	if s.Plan.Promote == PromoteFull {
		d.Memo.Full, d.Message = true, "a person waived the remaining steps; the canary still has to be available"
		return d
	}
	if inBake(s) {
		d.Memo, d.Message = endBake(s), "a person ended the bake"
		return d
	}
	d.Memo.Passed = goal(s)
	d.Message = fmt.Sprintf("a person passed the step at %s", d.Memo.Passed)
	return d
}

func repairSubsets(s Snapshot) Decision {
	d := prepareSubsets(s)
	d.Warning, d.Quiet = true, false
	d.Message = "our DestinationRule was taken away or changed by others while routes name it, and is put right"
	switch {
	case s.Memo.Ending != "":
		d.Phase = RollingBack
	case s.Memo.Promoting:
		d.Phase = Promoting
	}
	return d
}

func prepareSubsets(s Snapshot) Decision {
	return Decision{Phase: Progressing, Memo: s.Memo, Quiet: true, Subsets: Present, Message: "our DestinationRule names the pods of stable and canary"}
}

func backOff(s Snapshot) Decision {
	return Decision{Phase: Paused, Memo: s.Memo, Warning: true, Message: s.Routes.Reverted, Recheck: s.Routes.RetryAt.Sub(s.Now)}
}

func stepBack(s Snapshot) Decision {
	d := Decision{Phase: Progressing, Memo: s.Memo, Warning: true, Routes: Present}
	d.Memo.Weight, d.Memo.Since = carried(s), s.Now
	d.Weight = d.Memo.Weight
	d.Message = fmt.Sprintf("from %s back to %s, the most that %s can carry: %s", s.Memo.Weight, d.Weight, count(s.Canary.Available, "available canary pod"), waits(s))
	return d
}

func applyRoutes(s Snapshot) Decision {
	return Decision{Phase: Progressing, Memo: s.Memo, Quiet: true, Routes: Present, Weight: s.Memo.Weight,
		Message: "routes name stable and canary, the canary with nothing yet"}
}

// reapply puts a weight right. Traffic never grows beyond what the pods can
// carry, and the step begins anew: time at another weight proves nothing.
//
// A step that began within the settle time has its hold before it all the same,
// and is left as it is: a controller that ends between memo and routes, each
// time it starts, comes to write the routes in the end.
func reapply(s Snapshot) Decision {
	d := Decision{Phase: Progressing, Memo: s.Memo, Routes: Present, Weight: s.Memo.Weight, Warning: s.Routes.Reverted != ""}
	if s.Canary.Available < carry(s.Memo.Weight, s.Target.Replicas) && s.Stable.Available > 0 {
		d.Memo.Weight = min(carried(s), s.Memo.Weight)
	}
	d.Weight = d.Memo.Weight
	if d.Weight != s.Memo.Weight || s.Now.Sub(s.Memo.Since) > s.Plan.Settle {
		d.Memo.Since = s.Now
	}
	d.Message = fmt.Sprintf("routes give the canary %s and should give it %s", s.Routes.Weight, d.Weight)
	return d
}

// rescale takes note of a size that others wrote. The size that the target had
// before means that somebody keeps putting it back: it is then left alone, and
// the canary grows beside it.
func rescale(s Snapshot) Decision {
	d := Decision{Phase: Progressing, Memo: s.Memo, Message: fmt.Sprintf("the target was scaled to %d; the ratio follows", s.Target.Replicas)}
	if s.Target.Replicas == s.Memo.Size {
		d.Memo.Mode = Surge
		d.Message = fmt.Sprintf("the target's %d replicas were put back; they are left alone, and the canary grows beside them", s.Target.Replicas)
	}
	d.Memo.Size, d.Memo.Lowered, d.Memo.Since = 0, 0, s.Now
	return d
}

// rebalance adds pods before it takes any away.
func rebalance(s Snapshot) Decision {
	w := want(s, s.Memo.Weight)
	d := Decision{Phase: Progressing, Memo: s.Memo, Quiet: true, Message: reached(s)}
	switch {
	case s.Canary.Desired < w.canary:
		d.Canary, d.CanaryPods = Present, w.canary
	case w.target > s.Target.Replicas:
		return lower(s, d, w.target)
	case s.Canary.Available < w.canary:
		d.Reason, d.Message = "CanaryNotAvailable", waits(s)
	case w.target > 0 && w.target < s.Target.Replicas:
		return lower(s, d, w.target)
	case s.Stable.Available >= s.Target.Replicas:
		d.Canary, d.CanaryPods = Present, w.canary
	}
	return d
}

// lower writes the target's size, and remembers the user's.
func lower(s Snapshot, d Decision, to int) Decision {
	d.Memo.Size = size(s)
	d.Size, d.Memo.Lowered = to, to
	return d
}

func reached(s Snapshot) string {
	return fmt.Sprintf("%d canary and %d stable pods: the canary's share is %s for a weight of %s",
		s.Canary.Available, s.Stable.Available, Share(s.Canary.Available, s.Stable.Available), s.Memo.Weight)
}

func raise(s Snapshot) Decision {
	w := goal(s)
	need := want(s, w).canary
	d := Decision{Phase: Progressing, Memo: s.Memo, Quiet: true, Canary: Present, CanaryPods: need,
		Message: fmt.Sprintf("the canary needs %s for %s: %s", count(need, "available pod"), w, waits(s))}
	if s.Canary.Exists && s.Target.WantsCanary {
		d.CanaryPods = max(need, s.Canary.Desired) // pods that may carry traffic stay
	}
	d.Recheck = min(lossPatience, s.Plan.Deadline)
	if waited := s.Waiting.lasted("CanaryNotAvailable", s.Now); waited > 0 {
		d.Recheck = max(time.Millisecond, min(lossPatience, s.Plan.Deadline-waited))
	}
	return d
}

func holdStep(s Snapshot) Decision {
	until := heldUntil(s)
	return Decision{Phase: Progressing, Memo: s.Memo, Quiet: true, Recheck: until.Sub(s.Now),
		Message: fmt.Sprintf("at %s until %s UTC%s", s.Memo.Weight, until.UTC().Format(time.TimeOnly), followed(s))}
}

// holdInconclusive looks again at the deadline, which may be a reason to act.
func holdInconclusive(s Snapshot) Decision {
	d := Decision{Phase: Progressing, Memo: s.Memo, Quiet: true, Message: s.Verdict.Evidence}
	if !dataLate(s) {
		d.Recheck = s.Plan.Deadline - s.Waiting.lasted("AnalysisInconclusive", s.Now)
		return d
	}
	d.Warning = true
	d.Message += fmt.Sprintf(`; this has lasted for longer than %s: put right what is missing, or annotate serin.dev/promote: "step" to go on without, serin.dev/abort: "true" to roll back`, s.Plan.Deadline)
	return d
}

func holdShare(s Snapshot) Decision {
	return Decision{Phase: Progressing, Memo: s.Memo, Quiet: true, Warning: true, Message: s.Seen.Off}
}

// endWithoutData does what the user wants done where nothing can be measured.
func endWithoutData(s Snapshot) Decision {
	message := fmt.Sprintf("nothing could be measured for %s: %s", s.Plan.Deadline, s.Verdict.Evidence)
	if s.OnNoData == analysis.NoDataRollback {
		return rejectOrPause(s, "NoData", message)
	}
	d := Decision{Phase: Progressing, Memo: s.Memo, Warning: true, Message: message + "; the step passes all the same, as is wished where there are no data"}
	d.Memo.Passed = s.Memo.Weight
	if inBake(s) {
		d.Memo, d.Message = endBake(s), message+"; the bake ends all the same, as is wished where there are no data"
	}
	return d
}

// advance gives the canary the next weight. Its pods are there already. Where
// stable serves nobody, steps protect nobody: the canary takes all as soon as
// it can carry it.
func advance(s Snapshot) Decision {
	step, _ := next(s)
	d := Decision{Phase: Progressing, Memo: s.Memo}
	if s.Memo.Weight == 0 && s.Stable.Available == 0 && !s.Memo.Full {
		d.Memo.Full, d.Message = true, "stable has no available pod, so steps would protect nobody: the canary takes all the traffic as soon as it can carry it"
		return d
	}
	d.Memo.Weight, d.Memo.Since = step.Weight, s.Now
	d.Message = fmt.Sprintf("from %s to %s, carried by %s", s.Memo.Weight, step.Weight, count(s.Canary.Available, "canary pod"))
	switch w := want(s, step.Weight); {
	case !byRatio(s):
		d.Routes, d.Weight = Present, step.Weight
	case w.target > 0 && w.target != s.Target.Replicas:
		d = lower(s, d, w.target)
		fallthrough
	default:
		left := s.Target.Replicas
		if w.target > 0 {
			left = w.target
		}
		d.Message += fmt.Sprintf(" beside %d stable: the share reached is %s", left, Share(w.canary, left))
	}
	d.Message += heldFor(s, d.Memo)
	return d
}
