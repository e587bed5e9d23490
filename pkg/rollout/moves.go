// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"strings"
	"time"
)

// This file is what each rule of leaving, guarding, returning and resting decides.

// hold keeps everything where it is.
func hold(phase Phase, message string) func(Snapshot) Decision {
	return func(s Snapshot) Decision {
		return Decision{Phase: phase, Message: message, Memo: s.Memo, Quiet: phase != Paused}
	}
}

// back is a part of the way back, or of clearing up after a promotion.
func back(s Snapshot) Decision {
	d := Decision{Phase: RollingBack, Memo: s.Memo, Quiet: true}
	if s.Memo.Ending == Finished {
		d.Phase = Promoting
	}
	return d
}

func vanish(s Snapshot) Decision {
	d := Decision{Phase: Idle, Memo: s.Memo, Quiet: true, Message: "the Deployment is gone; routes go back to what the user wrote"}
	switch {
	case s.Routes.Ours:
		d.Routes = Absent
	case s.Routes.OurSubsets && routesWait(s) > 0:
		d.Recheck = routesWait(s)
	case s.Routes.OurSubsets:
		d.Subsets = Absent
	case s.Canary.Exists && !s.Canary.Foreign:
		d.Canary = Absent
	}
	return d
}

func ignore(s Snapshot) Decision { return Decision{Phase: Idle, Memo: s.Memo, Quiet: true} }

func letGo(s Snapshot) Decision {
	d := Decision{Phase: RollingBack, Memo: s.Memo, Message: "the opt-in was taken away: all traffic goes to stable, then the Deployment is let go"}
	d.Memo.Ending, d.Memo.Reason = LetGo, "OptedOut"
	return d
}

// release makes the target an ordinary Deployment again: its template goes out
// under its own strategy.
func release(s Snapshot) Decision {
	if !s.Target.OptedIn {
		return Decision{Phase: Idle, Forget: true, Target: Released, Message: "the Deployment is an ordinary one again"}
	}
	// The guard lets go only with a memo that changed, and no other memo fits here.
	d := Decision{Phase: Progressing, Memo: s.Memo, Target: Released, Message: "no version has served yet, so the template goes out without a canary"}
	d.Memo.Generation = s.Target.Generation
	return d
}

func awaitNative(s Snapshot) Decision {
	d := Decision{Phase: Progressing, Memo: s.Memo, Quiet: true,
		Message: "waits until the Deployment controller has rolled out the present template; later ones go out as canaries"}
	if s.Memo.Stable != "" {
		d.Warning, d.Quiet = true, s.Waiting.Reason == "NativeRollout"
		d.Message = "a new template was not held and is going out to everybody; install the guard policy (deploy/guard), or keep the Deployment paused at rest"
	}
	if s.Target.Paused {
		// The guard takes no resume from a Deployment that is opted in.
		d.Message = "the Deployment was paused before its present template was rolled out; remove the annotation serin.dev/canary, resume it with kubectl rollout resume, and opt in again"
	}
	return d
}

func adopt(s Snapshot) Decision {
	hash := s.Stable.Hash
	if !s.Target.Paused || hash == "" {
		hash = s.Wanted.Hash
	}
	return Decision{Phase: Idle, Memo: Memo{UID: s.Memo.UID, Stable: hash, Armed: s.Memo.Armed}, Quiet: true,
		Message: "the version that serves is the stable one; the next template goes out as a canary"}
}

func holdBack(s Snapshot) Decision {
	d := Decision{Phase: Progressing, Memo: s.Memo, Target: Held, Warning: true,
		Message: `the new template was let go by hand or was not held, and is held again; annotate serin.dev/promote: "full" to send it to everybody`}
	d.Memo.Armed = s.Guard == GuardArmed
	return d
}

// keepStable leaves the target's stable ReplicaSet as its only one with pods:
// the Deployment controller then fills it, without a change of the template.
func keepStable(s Snapshot) Decision {
	d := back(s)
	d.Message = "the target's own pods of the stable version fill up again"
	full := s.Stable.Available >= s.Target.Replicas && strays(s) == 0
	switch {
	case !s.Target.Paused && !s.Target.WantsStable:
		d.Target = Held
	case isCarrierShort(s):
		d.Canary, d.CanaryPods = Present, max(size(s), s.Canary.Desired)
		d.Recheck = s.Plan.Deadline
	case !full:
		d.Keep = s.Memo.Stable
	default:
		d.Memo.Promoting = false
	}
	return d
}

func regrow(s Snapshot) Decision {
	d := back(s)
	d.Size, d.Memo.Lowered = s.Memo.Size, s.Memo.Size
	d.Message = fmt.Sprintf("the target gets back its %d replicas before the canary goes", d.Size)
	return d
}

func awaitStable(s Snapshot) Decision {
	d := back(s)
	d.Message = fmt.Sprintf("stable has %d of %d pods available; traffic stays on the canary until stable can carry it", s.Stable.Available, s.Target.Replicas)
	d.Warning = true
	return d
}

func toStable(s Snapshot) Decision {
	d := back(s)
	d.Quiet = false
	d.Routes, d.Weight = Present, 0
	if !s.Routes.OurSubsets {
		d.Routes = Absent
	}
	d.Message = "all traffic goes to stable: " + why(s)
	return d
}

func why(s Snapshot) string {
	if s.Memo.Message == "" {
		return string(s.Memo.Reason)
	}
	return s.Memo.Message
}

func drain(s Snapshot) Decision {
	d := back(s)
	d.Canary, d.CanaryPods = Present, 0
	d.Message = "the canary's pods go: " + why(s)
	return d
}

// settle waits for proxies to follow the last change.
func settle(phase Phase) func(Snapshot) Decision {
	return func(s Snapshot) Decision {
		since := later(s.Routes.SubsetsSince, later(s.Routes.Since, s.Routes.Served))
		wait := since.Add(s.Plan.Settle).Sub(s.Now)
		return Decision{Phase: phase, Memo: s.Memo, Quiet: true, Recheck: max(wait, time.Millisecond),
			Message: fmt.Sprintf("waits %s after a change of routes for proxies to follow", s.Plan.Settle)}
	}
}

// relook is when proxies that do not follow yet are asked about again.
const relook = time.Second

// lag waits for proxies that are known not to follow, or not known to.
func lag(phase Phase) func(Snapshot) Decision {
	return func(s Snapshot) Decision {
		return Decision{Phase: phase, Memo: s.Memo, Quiet: true, Recheck: relook, Message: s.Routes.Lagging}
	}
}

func lagBack(s Snapshot) Decision {
	d := lag(RollingBack)(s)
	d.Phase = back(s).Phase
	return d
}

func settleBack(s Snapshot) Decision {
	d := settle(RollingBack)(s)
	d.Phase = back(s).Phase
	return d
}

func restore(s Snapshot) Decision {
	d := back(s)
	if s.Memo.Promoting {
		d.Phase = Promoting
	}
	d.Routes, d.Message = Absent, "the routes are again what the user wrote"
	return d
}

func removeCanary(s Snapshot) Decision {
	d := back(s)
	d.Canary, d.Message = Absent, "the canary Deployment goes"
	return d
}

func removeSubsets(s Snapshot) Decision {
	d := back(s)
	d.Subsets, d.Message = Absent, "our DestinationRule goes"
	return d
}

// finish forgets the rollout. A target that the guard paused for it is let go:
// it wants what stable runs.
func finish(s Snapshot) Decision {
	d := Decision{Phase: Idle, Memo: rest(s), Message: "the wanted template serves everybody"}
	d.Mark = s.Target.WantsStable && s.Memo.Ending == Finished
	if s.Target.Paused && s.Target.WantsStable && s.Guard == GuardPolicy {
		d.Target, d.Memo.Armed = Released, false
	}
	if !s.Target.WantsStable { // another template came while the rollout cleared up
		d.Phase, d.Message = Progressing, "stable serves everybody; another template is wanted by now"
	}
	if s.Memo.Ending == Finished {
		return afterwards(s, d)
	}
	return d
}

// rest is the memo of a target at rest.
func rest(s Snapshot) Memo {
	return Memo{UID: s.Memo.UID, Stable: s.Memo.Stable, Armed: s.Memo.Armed}
}

func cancel(s Snapshot) Decision {
	d := back(s)
	d.Memo.Ending, d.Memo.Reason, d.Memo.Message = Cancel, "Cancelled", "the template is again what stable runs"
	d.Quiet, d.Message = false, "the template is again what stable runs; the canary goes"
	if isAtRest(s) {
		d.Message = "what an earlier rollout left behind goes"
	}
	d.Consume = commanded(s)
	return d
}

func commanded(s Snapshot) bool { return s.Plan.Abort || s.Plan.Retry || s.Plan.Promote != "" }

func consume(s Snapshot) Decision {
	phase := Progressing
	switch {
	case wasRejected(s):
		phase = RolledBack
	case isAtRest(s) && s.Target.WantsStable:
		phase = Idle
	}
	return Decision{Phase: phase, Memo: s.Memo, Consume: true, Message: "there was nothing for the command to do: " + commands(s)}
}

func commands(s Snapshot) string {
	var given []string
	if s.Plan.Abort {
		given = append(given, "abort")
	}
	if s.Plan.Promote != "" {
		given = append(given, "promote "+string(s.Plan.Promote))
	}
	if s.Plan.Retry {
		given = append(given, "retry")
	}
	return strings.Join(given, ", ")
}

// stayRejected keeps the canary Deployment, at zero, as the memory of what was rejected.
func stayRejected(s Snapshot) Decision {
	d := Decision{Phase: RolledBack, Reason: s.Memo.Reason, Message: s.Memo.Message, Warning: true, Memo: s.Memo}
	d.Memo = Memo{UID: s.Memo.UID, Stable: s.Memo.Stable, Armed: s.Memo.Armed, Ending: Reject,
		Reason: s.Memo.Reason, Message: s.Memo.Message, Generation: s.Target.Generation}
	if !s.Canary.Exists {
		d.Canary = Present
	}
	return d
}

func arm(s Snapshot) Decision {
	d := idle(s)
	d.Target, d.Memo.Armed, d.Quiet = Held, true, true
	return d
}

// disarm lets a target go that has nothing to wait for: while it is paused,
// nobody can resume or restart it. The guard wants to see a memo that changed,
// and no other memo fits here.
func disarm(s Snapshot) Decision {
	d := idle(s)
	d.Target, d.Memo.Armed, d.Quiet = Released, false, true
	d.Memo.Generation = s.Target.Generation
	return d
}

func idle(s Snapshot) Decision {
	return Decision{Phase: Idle, Memo: rest(s), Mark: s.Target.Complete, Message: "the wanted template serves everybody"}
}
