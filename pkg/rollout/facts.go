// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// This file says what each rule of leaving, guarding, returning and resting claims.

func isGone(s Snapshot) bool { return s.Target.Gone }

// A promotion is finished even for someone who opts out in the middle of it:
// the Deployment controller is rolling already, and the canary carries the traffic.
func isOptedOut(s Snapshot) bool {
	return !s.Target.OptedIn && s.Memo != (Memo{}) && s.Memo.Ending != LetGo && s.Memo.Ending != Finished && !s.Memo.Promoting
}

func isStranger(s Snapshot) bool {
	return !s.Target.OptedIn && s.Memo == (Memo{})
}

// knowsStable: the memo names a ReplicaSet that still exists.
func knowsStable(s Snapshot) bool {
	return s.Memo.Stable != "" && s.Stable.Hash == s.Memo.Stable
}

func isAtRest(s Snapshot) bool { return !s.Memo.under() && s.Memo.Ending == "" }

// A native roll nobody holds: either nothing is known of the target yet, or
// pods of the new template serve already and taking them away would cost
// capacity.
func isRollingNatively(s Snapshot) bool {
	if !isAtRest(s) || (s.Target.Complete && !isUnheard(s)) {
		return false
	}
	if !knowsStable(s) {
		return !isFirst(s) && (!s.Target.Paused || s.Wanted.Desired > 0 || s.Stable.Hash == "")
	}
	return !s.Target.Paused && !s.Target.WantsStable && s.Wanted.Available > 0
}

// isUnheard: the Deployment controller is done, and we have not heard of any of
// its ReplicaSets yet.
func isUnheard(s Snapshot) bool {
	return !s.Target.Paused && s.Stable.Hash == "" && s.Wanted.Hash == ""
}

func isUnknown(s Snapshot) bool {
	if !isAtRest(s) || isFirst(s) {
		return false
	}
	if s.Stable.Hash == "" && s.Wanted.Hash == "" {
		return false
	}
	unheld := s.Target.Complete && !s.Target.Paused && s.Wanted.Hash != "" && s.Wanted.Hash != s.Memo.Stable
	return !knowsStable(s) || unheld
}

// isFirst: held although no version has ever served.
func isFirst(s Snapshot) bool {
	return isAtRest(s) && s.Memo.Stable == "" && s.Target.Paused && !s.Target.Complete &&
		s.Stable.Desired+s.Wanted.Desired > 0 && s.Stable.Available == 0 && s.Wanted.Available == 0
}

func isNotHeld(s Snapshot) bool {
	return s.Target.OptedIn && !s.Memo.Promoting && !s.Target.Paused && !s.Target.WantsStable
}

// hasStrays: the target runs pods that are neither stable's nor being promoted.
func hasStrays(s Snapshot) bool {
	return s.Target.OptedIn && !s.Memo.Promoting && s.Memo.Ending != Finished && s.Target.Paused &&
		!s.Target.WantsStable && knowsStable(s) && strays(s) > 0
}

// isUnnamed: routes name subsets that our DestinationRule does not have, so
// that they lead nowhere.
func isUnnamed(s Snapshot) bool {
	return s.Memo.under() && s.Memo.Mode == Istio && s.Memo.Ending != Finished && s.Routes.Ours && !s.Routes.Subsets
}

// isReturning: traffic is on its way back to stable.
func isReturning(s Snapshot) bool {
	return s.Memo.Ending != "" && s.Memo.Ending != Finished
}

func isEnding(s Snapshot) bool { return s.Memo.Ending != "" }

func isUnpromoted(s Snapshot) bool { return isReturning(s) && s.Memo.Promoting }

// isCarrierShort: by the ratio of pods, the canary had shrunk already when the
// promotion was taken back. It grows again before the target's pods go, unless
// that takes too long.
func isCarrierShort(s Snapshot) bool {
	return isUnpromoted(s) && s.Memo.Mode == Replicas && s.Canary.Desired > 0 && s.Canary.Available < size(s) &&
		s.Stable.Available < s.Target.Replicas && s.Waiting.lasted("StableRefilling", s.Now) < s.Plan.Deadline
}

// strays are pods that are wanted in ReplicaSets of the target other than
// stable's. The wanted template can be stable's, and the judged one the wanted.
func strays(s Snapshot) int {
	n := s.Others
	if s.Wanted.Hash != s.Stable.Hash {
		n += s.Wanted.Desired
	}
	if s.Judged.Hash != s.Stable.Hash && s.Judged.Hash != s.Wanted.Hash {
		n += s.Judged.Desired
	}
	return n
}

func isShrunk(s Snapshot) bool {
	return isReturning(s) && s.Memo.Lowered > 0 && s.Target.Replicas == s.Memo.Lowered && s.Memo.Size > s.Memo.Lowered
}

// isStableShort: stable cannot carry everybody yet, and the canary still
// carries its part. A canary with no pods carries nothing, and after the
// deadline any stable pod is better than a canary that was given up. Pods
// beyond what the ReplicaSet is to have are about to go: its new size may not
// have reached it yet.
func isStableShort(s Snapshot) bool {
	staying := min(s.Stable.Available, s.Stable.Desired)
	if !isReturning(s) || s.Canary.Desired == 0 || s.Canary.Available == 0 || staying >= s.Target.Replicas {
		return false
	}
	late := s.Waiting.lasted("StableNotAvailable", s.Now) >= s.Plan.Deadline
	return s.Stable.Available == 0 || !late
}

func sendsBack(s Snapshot) bool { return isReturning(s) && s.Routes.Weight > 0 }

func isSettlingBack(s Snapshot) bool {
	return isReturning(s) && s.Routes.Ours && s.Canary.Desired > 0 && routesWait(s) > 0
}

// isLaggingBack: somebody may still be sent to the canary.
func isLaggingBack(s Snapshot) bool {
	return isReturning(s) && s.Routes.Ours && s.Canary.Desired > 0 && s.Routes.Lagging != ""
}

func hasCanaryPods(s Snapshot) bool {
	return isReturning(s) && s.Canary.Exists && s.Canary.Desired > 0
}

func isDraining(s Snapshot) bool { return isReturning(s) && s.Canary.Exists && s.Canary.Pods > 0 }

func isToRestart(s Snapshot) bool { return s.Memo.Ending == Restart }

func hasRoutes(s Snapshot) bool { return isEnding(s) && s.Routes.Ours }

// isLaggingBehind: somebody may still be sent to a subset of ours.
func isLaggingBehind(s Snapshot) bool {
	return isEnding(s) && s.Routes.OurSubsets && s.Routes.Lagging != ""
}

func isRestoring(s Snapshot) bool {
	return isEnding(s) && s.Routes.OurSubsets && routesWait(s) > 0
}

func hasCanaryToRemove(s Snapshot) bool {
	return isEnding(s) && s.Memo.Ending != Reject && s.Canary.Exists && !s.Canary.Foreign
}

func hasSubsets(s Snapshot) bool { return isEnding(s) && s.Routes.OurSubsets }

func isFinished(s Snapshot) bool { return s.Memo.Ending == Finished }

// isCancelled: or opted in again before the target was let go.
func isCancelled(s Snapshot) bool {
	return s.Memo.Ending == Cancel || (s.Memo.Ending == LetGo && s.Target.OptedIn)
}

func isLettingGo(s Snapshot) bool { return s.Memo.Ending == LetGo }

// From here on the only ending left is Reject, with all traffic on stable.

func wasRejected(s Snapshot) bool { return s.Memo.Ending == Reject }

func isRetried(s Snapshot) bool {
	return wasRejected(s) && !s.Target.WantsStable && (s.Plan.Retry || s.Plan.Promote == PromoteFull)
}

func isReverted(s Snapshot) bool { return wasRejected(s) && s.Target.WantsStable }

// isRejectedNoMore: the canary Deployment remembers the rejected template; a
// wanted template that differs is a new one. Without it the generation tells
// whether anything was written to the target since.
func isRejectedNoMore(s Snapshot) bool {
	if !wasRejected(s) {
		return false
	}
	if s.Canary.Exists {
		return !s.Target.WantsCanary
	}
	return !s.Memo.under() && s.Target.Generation != s.Memo.Generation
}

func hasIdleCommand(s Snapshot) bool {
	resting := wasRejected(s) || (isAtRest(s) && s.Target.WantsStable)
	return resting && (s.Plan.Abort || s.Plan.Retry || s.Plan.Promote != "")
}

func isRejected(s Snapshot) bool { return wasRejected(s) }

func hasLeftovers(s Snapshot) bool {
	return isAtRest(s) && s.Target.WantsStable &&
		(s.Routes.Ours || s.Routes.OurSubsets || (s.Canary.Exists && !s.Canary.Foreign))
}

func isToArm(s Snapshot) bool {
	return isAtRest(s) && s.Target.WantsStable && s.Target.Complete && s.Guard == GuardArmed && !s.Target.Paused
}

func isToDisarm(s Snapshot) bool {
	return isAtRest(s) && s.Target.WantsStable && s.Guard == GuardPolicy && s.Target.Paused
}

func isMisconfigured(s Snapshot) bool { return isUpToDate(s) && len(s.Problems) > 0 }

func isUpToDate(s Snapshot) bool { return isAtRest(s) && s.Target.WantsStable }

// routesWait is how long the last change of routes has yet to settle: from when
// it was seen or, where that is known, from when proxies were sent it.
func routesWait(s Snapshot) time.Duration {
	return later(s.Routes.Since, s.Routes.Served).Add(s.Plan.Settle).Sub(s.Now)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func isInconclusive(s Snapshot) bool {
	return !waived(s) && s.Verdict.Outcome == analysis.Inconclusive
}
