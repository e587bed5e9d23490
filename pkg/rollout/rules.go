// SPDX-License-Identifier: Apache-2.0

package rollout

import "slices"

// rule is one line of the policy.
type rule struct {
	reason  Reason
	claims  func(Snapshot) bool
	decide  func(Snapshot) Decision
	meaning string // what it means, for the reference page
	advice  string // what a person can do, for the reference page
}

// policy is tried in order; the first rule that claims the Snapshot decides,
// and its name is the reason. The order is the policy: leaving first, then
// going back, then what nobody may do, then promotion, then people, then
// progress.
func policy() []rule {
	return slices.Concat(leaving(), guarding(), returning(), resting(), promoting(), refusing(), steering(), progressing())
}

var rules = policy()

// Decide says what the world should look like next, and why. It always decides.
func Decide(s Snapshot) Decision {
	for _, r := range rules {
		if !r.claims(s) {
			continue
		}
		d := r.decide(s)
		if d.Reason == "" {
			d.Reason = r.reason
		}
		d.Recheck = d.recheck(s)
		return d
	}
	panic("rollout: no rule claimed the snapshot") // unreachable: the last rule always claims
}

func always(Snapshot) bool { return true }

// leaving: the target goes away, or leaves Serin.
func leaving() []rule {
	return []rule{
		{"TargetDeleted", isGone, vanish,
			"The Deployment is being deleted, or is gone.", "Nothing: routes go back to what you wrote, then our objects go."},
		{"OptedOut", isOptedOut, letGo,
			"The opt-in annotation was removed.", "Nothing: a rollout under way is rolled back first, then the Deployment is an ordinary one again."},
		{"NotOptedIn", isStranger, ignore,
			"The Deployment is not opted in.", "Set `serin.dev/canary: \"true\"` to opt in."},
	}
}

// guarding: the template must be known to be held before anything else counts.
func guarding() []rule {
	return []rule{
		{"NativeRollout", isRollingNatively, awaitNative,
			"The Deployment controller is rolling out by itself, because the Deployment was opted in meanwhile or nothing held its template.", "Wait until it is complete, or look at `kubectl rollout status`."},
		{"Adopted", isUnknown, adopt,
			"Serin has taken note of the version that serves, and holds later ones.", "Nothing."},
		{"NothingToProtect", isFirst, release,
			"No version of this Deployment has ever served, so a canary would protect nobody.", "Nothing: the template goes out as usual."},
		{"NotHeld", isNotHeld, holdBack,
			"A new template was not held, or was resumed by hand.", "Nothing: it is paused again. To send it to everybody at once, annotate `serin.dev/promote: \"full\"`. Install the guard policy where the API server is 1.36 or later."},
		{"StraysRemoved", hasStrays, keepStable,
			"Pods of a template that was not judged run in the Deployment.", "Nothing: they are scaled to 0 and stable fills up."},
		{"SubsetsPrepared", isUnnamed, repairSubsets,
			"Our DestinationRule was taken away or changed while routes rely on it, and is put right.", "Find out who changed it."},
	}
}

// returning: everybody goes back to stable, or a finished rollout clears up.
// Each line moves one thing and waits until it is seen to have happened.
func returning() []rule {
	return []rule{
		{"StableRefilling", isUnpromoted, keepStable,
			"A promotion is taken back: the target's own ReplicaSet of the old version fills up again.", "Wait; traffic stays on the canary until stable can carry it."},
		{"StableSizeRestored", isShrunk, regrow,
			"The target gets back the size it had.", "Wait."},
		{"StableNotAvailable", isStableShort, awaitStable,
			"Traffic should go back to stable, but stable has too few pods to carry it.", "Look at the target's own pods; traffic follows as soon as they are available."},
		{"RollingBack", sendsBack, toStable,
			"All traffic goes to stable.", "Nothing."},
		{"ProxiesLagging", isLaggingBack, lagBack,
			"Proxies are not known to follow the routes yet, and nothing is done on a belief.", "The message says what istiod answers; it goes on by itself. A proxy that refuses its configuration for long: look at its log, delete its pod. istiod that cannot be asked: see `--istiod` in docs/operations.md."},
		{"RoutesSettling", isSettlingBack, settleBack,
			"Proxies are given time to follow.", "Nothing."},
		{"Withdrawn", hasCanaryPods, drain,
			"Traffic has left the canary; its pods go.", "Nothing."},
		{"CanaryDraining", isDraining, hold(RollingBack, "waits until the canary's pods are gone"),
			"The canary's pods are ending.", "Nothing."},
		{"Restarted", isToRestart, begin,
			"The rollout begins again with the template that is wanted now.", "Nothing."},
		{"RoutesRestored", hasRoutes, restore,
			"The routes are again what you wrote.", "Nothing."},
		{"ProxiesLagging", isLaggingBehind, lagBack,
			"Proxies are not known to follow the routes yet, and nothing is done on a belief.", "The message says what istiod answers; it goes on by itself. A proxy that refuses its configuration for long: look at its log, delete its pod. istiod that cannot be asked: see `--istiod` in docs/operations.md."},
		{"RoutesSettling", isRestoring, settleBack,
			"Proxies are given time to follow.", "Nothing."},
		{"CanaryRemoved", hasCanaryToRemove, removeCanary,
			"The canary Deployment goes.", "Nothing."},
		{"SubsetsRemoved", hasSubsets, removeSubsets,
			"Our DestinationRule goes, last.", "Nothing."},
		{"GateWaiting", isFinishedBeforeGates, awaitGates(Promoting),
			"Gates have been asked and have yet to answer, or cannot be asked yet.", "Wait. What they say is told with the promotion, and moves nothing."},
		{"Promoted", isFinished, finish,
			"The Deployment runs the new version and serves everybody.", "Nothing."},
		{"Cancelled", isCancelled, finish,
			"The template was put back to what stable runs; nothing is left to do.", "Nothing."},
		{"OptedOut", isLettingGo, release,
			"The opt-in annotation was removed.", "Nothing."},
	}
}

// resting: nothing is under way.
func resting() []rule {
	return []rule{
		{"RetryRequested", isRetried, begin,
			"A person asked for another try.", "Nothing."},
		{"TemplateReverted", isReverted, cancel,
			"The rejected template was taken back.", "Nothing."},
		{"RejectionForgotten", isRejectedNoMore, begin,
			"A new template is wanted in place of the rejected one.", "Nothing."},
		{"CommandIgnored", hasIdleCommand, consume,
			"A command was given when there was nothing for it to do.", "See what is going on with `kubectl serin status`."},
		{"TemplateRejected", isRejected, stayRejected,
			"The wanted template was rejected; stable serves everybody.", "Change the template, put the old one back, or annotate `serin.dev/retry: \"true\"`."},
		{"LeftoversFound", hasLeftovers, cancel,
			"Objects of an earlier rollout are still there.", "Nothing: they are removed."},
		{"GuardArmed", isToArm, arm,
			"This API server cannot hold a template by policy, so the Deployment is kept paused at rest.", "Nothing; scaling works as ever."},
		{"GuardRelieved", isToDisarm, disarm,
			"The guard policy holds templates now, so the Deployment need not be paused at rest.", "Nothing."},
		{"InvalidConfiguration", isMisconfigured, complain,
			"Something has to be put right before the next rollout.", "The message lists everything that is wrong, and what to type."},
		{"UpToDate", isUpToDate, idle,
			"The wanted template serves everybody.", "Nothing."},
	}
}

// promoting: the target was let go onto the judged template.
func promoting() []rule {
	return []rule{
		{"CanaryLost", isPromotionCanaryLost, restore,
			"The canary's pods were lost during the promotion; the target's own pods serve.", "Nothing."},
		{"AbortRequested", isPromotionAborted, reject("a person asked for it"),
			"A person asked to roll back.", "Change the template, or annotate `serin.dev/retry: \"true\"`."},
		{"Cancelled", isPromotionCancelled, cancel,
			"The template was put back to what stable runs.", "Nothing."},
		{"Superseded", isPromotionUnstarted, restart,
			"Another template came before the promotion had begun to roll.", "Nothing: the new one is judged from the start."},
		{"PromotionFinishing", isOvertaken, finishJudged,
			"Another template came during the promotion. The judged one is completed first, then the new one goes out as a canary.", "Nothing."},
		{"WeightNotApplied", isPromotionDrifting, toCanary,
			"Somebody changed the weights during the promotion.", "Find out who writes the VirtualService."},
		{"PromotionResumed", isPromotionPaused, repromote,
			"The target was paused during its promotion, and goes on.", "To stop a promotion, annotate `serin.dev/abort: \"true\"`."},
		{"PromotionStuck", isPromotionStuck, stuck,
			"The target's native rollout makes no progress; the canary goes on serving everybody.", "Put right what the message names; it goes on by itself. Or annotate `serin.dev/abort: \"true\"`."},
		{"Promoting", isUnfinished, hold(Promoting, "the Deployment rolls to the judged template under its own strategy"),
			"The Deployment rolls to the judged template under its own strategy.", "Wait, or look at `kubectl rollout status`."},
		{"Refilling", isRefilling, refill,
			"The target grows back to its size while the canary shrinks.", "Wait."},
		{"RoutesRestored", isServedByItself, restore,
			"The routes are again what you wrote.", "Nothing."},
		{"ProxiesLagging", isLaggingAfterPromotion, lag(Promoting),
			"Proxies are not known to follow the routes yet, and nothing is done on a belief.", "The message says what istiod answers; it goes on by itself. A proxy that refuses its configuration for long: look at its log, delete its pod. istiod that cannot be asked: see `--istiod` in docs/operations.md."},
		{"RoutesSettling", isSettlingAfterPromotion, settle(Promoting),
			"Proxies are given time to follow.", "Nothing."},
		{"CanaryRemoved", isPromotedBesideCanary, promoted(removeCanary),
			"The canary Deployment goes.", "Nothing."},
		{"SubsetsRemoved", isClearedOfCanary, promoted(removeSubsets),
			"Our DestinationRule goes, last.", "Nothing."},
		{"GateWaiting", isClearedBeforeGates, awaitGates(Promoting),
			"Gates have been asked and have yet to answer, or cannot be asked yet.", "Wait. What they say is told with the promotion, and moves nothing."},
		{"Promoted", isCleared, concludeWhole,
			"The Deployment runs the new version and serves everybody.", "Nothing."},
		{"PromotionComplete", isPromoting, conclude,
			"By the ratio of pods: the Deployment runs the judged template.", "Nothing."},
	}
}

// refusing: the canary must not go on.
func refusing() []rule {
	return []rule{
		{"NoReplicas", hasNoReplicas, awaitReplicas,
			"The Deployment has no replicas, so there is no traffic to judge a canary by.", "Scale it up; the rollout goes on by itself."},
		{"NotObserved", isUnseen, hold(Progressing, "waits until the Deployment controller has seen the new template"),
			"The Deployment controller has not seen the new template yet.", "Nothing; if it lasts, kube-controller-manager is not running."},
		{"NewTemplate", isNew, begin,
			"A new template goes out as a canary.", "Nothing."},
		{"Cancelled", isTakenBack, cancel,
			"The template was put back to what stable runs.", "Nothing."},
		{"Superseded", isSuperseded, restart,
			"Another template is wanted; the canary is replaced and judged from the start.", "Nothing."},
		{"AbortRequested", isAborted, reject("a person asked for it"),
			"A person asked to roll back.", "Change the template, or annotate `serin.dev/retry: \"true\"`."},
		{"RetryRequested", isRestarted, restart,
			"A person asked to begin again.", "Nothing."},
		{"FailureForgiven", isForgiven, forgive,
			"A person went on in spite of a failure.", "Nothing."},
		{"CanaryFailed", isFailing, fail,
			"The canary's pods show a fault that does not heal.", "Read the message, put it right in the template."},
		{"AnalysisFailed", isJudgedBad, failAnalysis,
			"What was measured of the canary is worse than allowed.", "Read the evidence in the message."},
		{"NoData", isWithoutData, endWithoutData,
			"Nothing could be measured until the deadline, and the user wants that to end the step.", "The message says which data are missing; `on-no-data` says what happens then."},
		{"GateFailed", isGateClosed, failGate,
			"A gate was asked and did not let the rollout pass.", "Read what it said in the message."},
		{"DeadlineExceeded", isLate, failDeadline,
			"The canary was not available within the deadline.", "Read what it waited for in the message; raise `serin.dev/deadline` if it only needs longer."},
	}
}

// steering: people, and what they have to put right. Neither keeps traffic
// where no pods are.
func steering() []rule {
	return []rule{
		{"CanaryLost", isCanaryLost, stepBack,
			"The canary's pods can no longer carry its weight.", "Look at the canary's pods; the rollout goes on when they are back."},
		{"WeightNotApplied", isExcessive, reapply,
			"Routes give the canary more than the step asks for, and are put right.", "Find out who else writes the VirtualService."},
		{"CommandIgnored", hasStrayRetry, consume,
			"A command was given when there was nothing for it to do.", "See what is going on with `kubectl serin status`."},
		{"InvalidConfiguration", hasProblems, complain,
			"Something has to be put right before the rollout moves.", "The message lists everything that is wrong, and what to type."},
		{"PauseRequested", isPaused, pause,
			"A person holds the rollout where it is.", "Remove the annotation `serin.dev/pause`."},
		{"PromoteRequested", isHurried, hurry,
			"A person passed a step or a bake, or all that is left.", "Nothing."},
	}
}

// progressing: routes before pods, pods before traffic, one thing at a time.
func progressing() []rule {
	return []rule{
		{"SubsetsPrepared", needsSubsets, prepareSubsets,
			"Our DestinationRule names the pods of stable and of the canary.", "Nothing."},
		{"Settling", isSettlingSubsets, settle(Progressing),
			"Proxies are given time to follow.", "Nothing; `serin.dev/settle` sets how long."},
		{"RoutesReverted", isReverting, backOff,
			"Somebody else undid our weights; they are not fought over.", "Add the ignore rule that the message names to your GitOps tool."},
		{"RoutesSplit", isUnsplit, applyRoutes,
			"Every route to the Service names stable and canary, the canary with nothing yet.", "Nothing."},
		{"WeightNotApplied", isDrifting, reapply,
			"The weights are not what the step asks for, and are put right.", "Find out who else writes the VirtualService."},
		{"Rescaled", isRescaled, rescale,
			"Somebody changed the size of the target during the rollout.", "Nothing: the ratio follows."},
		{"RatioNotReached", isRatioOff, rebalance,
			"Pods are added, then removed, until their ratio is as near to the weight as their number allows.", "Wait."},
		{"ProxiesLagging", isLagging, lag(Progressing),
			"Proxies are not known to follow the routes yet, and nothing is done on a belief.", "The message says what istiod answers; it goes on by itself. A proxy that refuses its configuration for long: look at its log, delete its pod. istiod that cannot be asked: see `--istiod` in docs/operations.md."},
		{"Settling", isSettling, settle(Progressing),
			"Proxies are given time to follow.", "Nothing; `serin.dev/settle` sets how long."},
		{"CanaryNotAvailable", isCanaryShort, raise,
			"The canary's pods are not all available yet.", "The message says what they wait for."},
		{"ShareNotSeen", isShareOff, holdShare,
			"Requests were counted, and the canary does not get the share that the weights give it. The hold begins when it does.", "The message has the numbers. Look for routes of others to the same pods, and for clients outside of the mesh."},
		{"Holding", isHolding, holdStep,
			"The step keeps its weight for its hold.", "Wait, or annotate `serin.dev/promote: \"step\"`."},
		{"StepPaused", isStepPaused, hold(Paused, `the step waits for a person: annotate serin.dev/promote: "step" to go on, serin.dev/abort: "true" to roll back`),
			"The step waits for a person.", "Annotate `serin.dev/promote: \"step\"`, or `serin.dev/abort: \"true\"`."},
		{"Baking", isBaking, holdBake,
			"Every step is passed and everybody is on the canary. It is judged on for the time of `serin.dev/bake`, while stable's pods are kept for a quick return.", "Wait, or annotate `serin.dev/promote: \"step\"`, or `serin.dev/abort: \"true\"`."},
		{"AnalysisInconclusive", isInconclusive, holdInconclusive,
			"There is not enough evidence to judge by.", "Read what is missing in the message."},
		{"Baking", isToBake, beginBake,
			"The bake begins: the last step passed, and everybody is on the canary.", "Wait, or annotate `serin.dev/promote: \"step\"`, or `serin.dev/abort: \"true\"`."},
		{"GateFailed", isGateHeld, holdGate,
			"A gate was asked and did not let the rollout pass, and its `on-failure` is `hold`.", "Read what it said in the message; then annotate `serin.dev/promote: \"step\"`, `serin.dev/retry: \"true\"` or `serin.dev/abort: \"true\"`."},
		{"GateWaiting", isGated, awaitGates(Progressing),
			"Gates have been asked and have yet to answer, or cannot be asked yet.", "Wait. The message says which, and what a person has to put right. `serin.dev/promote: \"step\"` goes on without."},
		{"StepPassed", hasNextStep, advance,
			"The step passed; the canary gets the next weight.", "Nothing."},
		{"AllStepsPassed", always, promote,
			"The canary carried all the traffic and nothing failed: the Deployment is let go onto the same template.", "Nothing."},
	}
}
