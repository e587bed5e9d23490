// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// This file says what each rule of promoting, refusing, steering and progressing claims.

func isPromoting(s Snapshot) bool { return s.Memo.Promoting }

// isBeyondReturn: by the ratio of pods the canary shrinks as soon as the target
// runs the judged template only, so taking that away would cost capacity. The
// promotion is finished, and going back is a rollout of its own.
func isBeyondReturn(s Snapshot) bool {
	return s.Memo.Mode == Replicas && s.Judged.Desired > 0 && s.Stable.Desired == 0
}

func isPromotionAborted(s Snapshot) bool {
	return isPromoting(s) && s.Plan.Abort && !s.Target.Complete && !isBeyondReturn(s)
}

func isPromotionCancelled(s Snapshot) bool {
	return isPromoting(s) && s.Target.WantsStable && !isBeyondReturn(s)
}

// isOvertaken: something else is wanted than what was judged. A canary that went
// at the end of its promotion can no longer say what that was, and need not.
func isOvertaken(s Snapshot) bool {
	return isPromoting(s) && !s.Target.WantsCanary && !withoutCanary(s)
}

func isPromotionUnstarted(s Snapshot) bool {
	return isOvertaken(s) && s.Canary.Exists && s.Judged.Desired == 0
}

func ownAvailable(s Snapshot) int { return s.Stable.Available + s.Judged.Available }

func isPromotionCanaryLost(s Snapshot) bool {
	return isPromoting(s) && s.Memo.Mode == Istio && s.Routes.Ours && s.Canary.Available == 0 && ownAvailable(s) > 0
}

// isPromotionDrifting: a canary that lost pods gets all the traffic back only
// when it can carry it, or when stable cannot carry what it has got.
func isPromotionDrifting(s Snapshot) bool {
	if !isPromoting(s) || !s.Routes.Ours || s.Target.Complete || s.Routes.Weight >= Full || s.Canary.Available == 0 {
		return false
	}
	return s.Canary.Available >= carry(Full, s.Target.Replicas) || s.Stable.Available < carry(Full-s.Routes.Weight, s.Target.Replicas)
}

func isPromotionPaused(s Snapshot) bool { return isPromoting(s) && s.Target.Paused }

func isUnfinished(s Snapshot) bool { return isPromoting(s) && !s.Target.Complete }

func isPromotionStuck(s Snapshot) bool { return isUnfinished(s) && s.Target.Stuck != "" }

// isRefilling: the ratio of pods had lowered the target's size. A size that is
// not the one we wrote is somebody's wish, and is left as it is.
func isRefilling(s Snapshot) bool {
	return isPromoting(s) && s.Memo.Lowered > 0 && s.Memo.Lowered < s.Memo.Size && s.Target.Replicas == s.Memo.Lowered
}

// In the mesh a promotion that is complete clears up from what is observed, and
// takes note only when nothing is left: a note before that would be a write more,
// and what comes in between is told by the same facts. By the ratio of pods the
// canary was carrying until now, so note is taken first.

func isServedByItself(s Snapshot) bool {
	return isPromoting(s) && s.Memo.Mode == Istio && s.Routes.Ours
}

func isLaggingAfterPromotion(s Snapshot) bool {
	return isPromoting(s) && s.Memo.Mode == Istio && s.Routes.OurSubsets && s.Routes.Lagging != ""
}

func isSettlingAfterPromotion(s Snapshot) bool {
	return isPromoting(s) && s.Memo.Mode == Istio && s.Routes.OurSubsets && routesWait(s) > 0
}

func isPromotedBesideCanary(s Snapshot) bool {
	return isPromoting(s) && s.Memo.Mode == Istio && s.Canary.Exists && !s.Canary.Foreign
}

// withoutCanary: the target is complete, no route is ours, and the canary is gone.
func withoutCanary(s Snapshot) bool {
	return isPromoting(s) && s.Memo.Mode == Istio && s.Target.Complete && !s.Target.Paused && s.Wanted.Hash != "" &&
		!s.Routes.Ours && (!s.Canary.Exists || s.Canary.Foreign)
}

// isClearedOfCanary: our DestinationRule is all that is left, and nobody is sent to it any more.
func isClearedOfCanary(s Snapshot) bool { return withoutCanary(s) && s.Routes.OurSubsets }

func isCleared(s Snapshot) bool { return withoutCanary(s) }

// hasNoReplicas: nothing serves, so nothing can be judged. A rollout under way
// is withdrawn first; see awaitReplicas.
func hasNoReplicas(s Snapshot) bool { return s.Target.Replicas == 0 && !s.Target.WantsStable }

// isUnseen: the Deployment controller is about to write the status of a target
// that changed, and two writers at once only get in each other's way.
func isUnseen(s Snapshot) bool { return isNew(s) && s.Target.Lagging }

func isNew(s Snapshot) bool {
	return isAtRest(s) && !s.Target.WantsStable && len(s.Problems) == 0
}

func isTakenBack(s Snapshot) bool { return s.Memo.under() && s.Target.WantsStable }

// isSuperseded: the canary runs something that is no longer wanted. A canary
// Deployment without pods is simply given the new template.
func isSuperseded(s Snapshot) bool {
	return s.Memo.under() && s.Canary.Exists && !s.Canary.Foreign && !s.Target.WantsCanary &&
		(s.Canary.Desired > 0 || s.Canary.Pods > 0 || s.Memo.Weight > 0 || s.Routes.Weight > 0)
}

func isAborted(s Snapshot) bool { return s.Memo.under() && s.Plan.Abort }

func broken(s Snapshot) bool {
	return isGateClosed(s) || isGateHeld(s) || notForgiven(s)
}

func notForgiven(s Snapshot) bool {
	return !s.Memo.Forgiven && (isFailing(s) || isJudgedBad(s) || isWithoutData(s) || isLate(s))
}

func isRestarted(s Snapshot) bool { return s.Memo.under() && s.Plan.Retry && broken(s) }

func isForgiven(s Snapshot) bool {
	return s.Memo.under() && s.Plan.PauseOnFailure && s.Plan.Promote != "" && broken(s)
}

func isFailing(s Snapshot) bool {
	return s.Memo.under() && !s.Memo.Forgiven && s.Canary.Failure.Reason != ""
}

func isJudgedBad(s Snapshot) bool {
	return s.Memo.under() && !s.Memo.Forgiven && !s.Memo.Full && s.Verdict.Outcome == analysis.Failed
}

// isLate measures from when the wait was first seen, so that time in which a
// person paused the rollout, or nobody ran it, does not count.
func isLate(s Snapshot) bool {
	frozen := s.Waiting.Reason == "DeadlineExceeded"
	return s.Memo.under() && !s.Memo.Forgiven && isCanaryShort(s) &&
		(frozen || s.Waiting.lasted("CanaryNotAvailable", s.Now) >= s.Plan.Deadline)
}

func hasStrayRetry(s Snapshot) bool { return s.Plan.Retry }

func hasProblems(s Snapshot) bool { return len(s.Problems) > 0 }

func isPaused(s Snapshot) bool { return s.Plan.Paused }

func isHurried(s Snapshot) bool { return s.Plan.Promote != "" }

func needsSubsets(s Snapshot) bool { return s.Memo.Mode == Istio && !s.Routes.Subsets }

func isSettlingSubsets(s Snapshot) bool {
	return s.Memo.Mode == Istio && !s.Routes.Ours && s.Routes.SubsetsSince.Add(s.Plan.Settle).After(s.Now)
}

// applied: the mesh has the weight that the memo asks for, on every route.
func applied(s Snapshot) bool {
	return s.Memo.Mode != Istio || (s.Routes.Split && s.Routes.Weight == s.Memo.Weight)
}

func isReverting(s Snapshot) bool { return !applied(s) && s.Routes.RetryAt.After(s.Now) }

func isUnsplit(s Snapshot) bool { return !applied(s) && s.Memo.Weight == 0 && s.Routes.Weight == 0 }

func isDrifting(s Snapshot) bool { return !applied(s) }

// lossPatience is how long a canary that lost some of its pods keeps its
// weight while they are replaced.
const lossPatience = 30 * time.Second

// canGoBack: routes name stable, and it is there to take traffic.
func canGoBack(s Snapshot) bool {
	return s.Memo.under() && s.Memo.Mode == Istio && !needsSubsets(s) && s.Stable.Available > 0
}

// isCanaryLost: the weight is more than the canary's pods can carry, and stable
// is there to take it. All pods gone, or more than half, is acted on at once.
func isCanaryLost(s Snapshot) bool {
	if !canGoBack(s) || s.Memo.Weight == 0 || isReverting(s) {
		return false
	}
	need := carry(s.Memo.Weight, s.Target.Replicas)
	waited := s.Waiting.lasted("CanaryNotAvailable", s.Now) >= lossPatience
	lost := s.Canary.Available == 0 || 2*s.Canary.Available < need || (waited && !stepDone(s))
	return lost && s.Canary.Available < need && carried(s) < min(s.Memo.Weight, s.Routes.Weight)
}

// isExcessive: routes give the canary more than they should, as after a crash
// between the memo and the routes. Nobody's pause keeps that, and a back-off
// does only while the canary can carry it.
func isExcessive(s Snapshot) bool {
	if !canGoBack(s) || s.Routes.Weight <= s.Memo.Weight {
		return false
	}
	return !isReverting(s) || s.Canary.Available < carry(s.Routes.Weight, s.Target.Replicas)
}

// carried is the greatest weight of the plan, up to the present one, that the
// canary's available pods can carry and that leaves stable no more than it can.
func carried(s Snapshot) Weight {
	best := Weight(0)
	for _, step := range s.Plan.Steps {
		if step.Weight <= s.Memo.Weight && carry(step.Weight, s.Target.Replicas) <= s.Canary.Available {
			best = step.Weight
		}
	}
	return best
}

func byRatio(s Snapshot) bool { return s.Memo.Mode == Replicas || s.Memo.Mode == Surge }

// size is how many pods the user wants to serve.
func size(s Snapshot) int {
	if s.Memo.Lowered > 0 {
		return s.Memo.Size
	}
	return s.Target.Replicas
}

// want is how many pods make weight w true.
func want(s Snapshot, w Weight) pods {
	n := size(s)
	switch s.Memo.Mode {
	case Replicas:
		canary, stable := Ratio(n, w)
		return pods{canary, stable}
	case Surge:
		return pods{Beside(n, w), 0}
	default:
		return pods{wantCanary(s.Plan.CanaryReplicas, n, w), 0}
	}
}

// wantCanary: a number or a percentage that the user gave is the least; a
// weight never gets fewer pods than can carry it.
func wantCanary(c Count, n int, w Weight) int {
	return max(carry(w, n), c.Number, ceilDiv(c.Percent*n, 100))
}

// isRescaled: the target's size is not the one that was last written there.
func isRescaled(s Snapshot) bool { return s.Memo.Lowered > 0 && s.Target.Replicas != s.Memo.Lowered }

func isRatioOff(s Snapshot) bool {
	if !byRatio(s) || s.Memo.Weight == 0 {
		return false
	}
	w := want(s, s.Memo.Weight)
	more := stepDone(s) && s.Canary.Desired >= w.canary // the next step's pods may be coming up already
	return (s.Canary.Desired != w.canary && !more) || (w.target > 0 && s.Target.Replicas != w.target)
}

func isLagging(s Snapshot) bool { return s.Memo.Mode == Istio && s.Routes.Lagging != "" }

func isSettling(s Snapshot) bool { return s.Memo.Mode == Istio && routesWait(s) > 0 }

// isCanaryShort: too few pods for the weight that comes next, or for the one
// that is there.
func isCanaryShort(s Snapshot) bool {
	need := want(s, goal(s)).canary
	return !s.Canary.Exists || !s.Target.WantsCanary || s.Canary.Desired < need || s.Canary.Available < need
}

// current is the step whose weight the canary has. Weights rise, so the weight
// names the step even when the user edits the plan in mid-rollout; a weight
// that the plan no longer has keeps the plan's hold.
func current(s Snapshot) Step {
	for _, step := range s.Plan.Steps {
		if step.Weight == s.Memo.Weight {
			return step
		}
	}
	return Step{Weight: s.Memo.Weight, Hold: s.Plan.Hold}
}

// next is the step after the current one; ok is false where there is none.
// A person who waived the remaining steps goes to the full weight at once.
func next(s Snapshot) (step Step, ok bool) {
	if s.Memo.Weight >= Full {
		return Step{}, false
	}
	if s.Memo.Full {
		return Step{Weight: Full}, true
	}
	for _, step := range s.Plan.Steps {
		if step.Weight > s.Memo.Weight {
			return step, true
		}
	}
	return Step{Weight: Full}, true
}

// goal is the weight that pods are needed for now.
func goal(s Snapshot) Weight {
	step, ok := next(s)
	if ok && stepDone(s) {
		return step.Weight
	}
	return s.Memo.Weight
}

// heldUntil is when the current step's hold is over. It counts from when the
// routes were known, or had to be assumed, to be followed, and where requests
// are counted from when these had the share that they should.
func heldUntil(s Snapshot) time.Time {
	followed := later(s.Memo.Since, s.Routes.Served).Add(s.Plan.Settle)
	return later(followed, s.Seen.Since).Add(current(s).Hold)
}

// isShareOff: requests were counted, and they do not go where the weights say.
func isShareOff(s Snapshot) bool { return !waived(s) && s.Memo.Mode == Istio && s.Seen.Off != "" }

// isWithoutData: a step has waited for data until its deadline, and the user
// does not want it to wait on. Other wants of evidence are not for that wish.
func isWithoutData(s Snapshot) bool {
	if !s.Memo.under() || s.Memo.Forgiven || !isInconclusive(s) || !s.Verdict.NoData {
		return false
	}
	frozen := s.Waiting.Reason == "NoData"
	return (s.OnNoData == analysis.NoDataRollback || s.OnNoData == analysis.NoDataProceed) && (frozen || dataLate(s))
}

// dataLate: the hold was over, and data have been missing for the length of the deadline since.
func dataLate(s Snapshot) bool {
	return s.Waiting.lasted("AnalysisInconclusive", s.Now) >= s.Plan.Deadline
}

// waived: nothing has to be waited for here. Who passed the last step did not
// pass the bake after it.
func waived(s Snapshot) bool {
	if inBake(s) {
		return false
	}
	return s.Memo.Full || s.Memo.Weight == 0 || s.Memo.Passed >= s.Memo.Weight
}

func stepDone(s Snapshot) bool {
	if isToBake(s) {
		return false
	}
	return waived(s) || (!isShareOff(s) && !isHolding(s) && !isStepPaused(s) && !isBaking(s) && !isInconclusive(s))
}

func isHolding(s Snapshot) bool { return !waived(s) && !inBake(s) && heldUntil(s).After(s.Now) }

func isStepPaused(s Snapshot) bool { return !waived(s) && !inBake(s) && current(s).Pause }

func hasNextStep(s Snapshot) bool {
	_, ok := next(s)
	return ok
}
