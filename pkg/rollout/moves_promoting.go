// SPDX-License-Identifier: Apache-2.0

package rollout

import "fmt"

// This file is what each rule of promoting decides.

// promote lets the target go onto the template that was judged. The write
// carries the resource version that was observed: a template that came later
// makes it fail.
func promote(s Snapshot) Decision {
	d := Decision{Phase: Promoting, Memo: s.Memo, Target: Released,
		Message: fmt.Sprintf("%s carried %s and nothing failed: the Deployment is let go onto the same template", count(s.Canary.Available, "canary pod"), s.Memo.Weight)}
	d.Memo.Promoting, d.Memo.Since = true, s.Now
	return d
}

func repromote(s Snapshot) Decision {
	d := promote(s)
	d.Message = "the target was paused during its promotion, and goes on"
	return d
}

// finishJudged leaves the judged ReplicaSet as the target's only one with pods.
// All traffic is on the canary meanwhile, so the canary is first given pods for it.
func finishJudged(s Snapshot) Decision {
	d := Decision{Phase: Promoting, Memo: s.Memo, Quiet: true,
		Message: "another template came during the promotion; the judged one is completed first"}
	n := size(s)
	switch {
	case !s.Canary.Exists:
		return forgetJudged(s, d)
	case s.Judged.Available >= s.Target.Replicas && s.Others+s.Stable.Desired+s.Wanted.Desired == 0 && s.Target.Replicas >= n:
		d.Memo.Stable, d.Memo.Promoting, d.Memo.Ending = s.Judged.Hash, false, Finished
	case s.Judged.Available < s.Target.Replicas && s.Canary.Available < n && s.Canary.Desired > 0: // without pods it would get the new template
		d.Canary, d.CanaryPods = Present, max(n, s.Canary.Desired)
	case s.Target.Replicas < n:
		return lower(s, d, n)
	default:
		d.Keep = s.Judged.Hash
	}
	return d
}

// forgetJudged: with the canary Deployment gone nobody knows which template was
// judged, and what serves is stable. The target first gets back the size it had.
func forgetJudged(s Snapshot, d Decision) Decision {
	if n := size(s); s.Target.Replicas > 0 && s.Target.Replicas < n {
		return lower(s, d, n)
	}
	d.Memo = rest(s)
	d.Memo.Stable = ""
	return d
}

func toCanary(s Snapshot) Decision {
	return Decision{Phase: Promoting, Memo: s.Memo, Warning: true, Routes: Present, Weight: Full,
		Message: fmt.Sprintf("routes give the canary %s during the promotion and should give it all", s.Routes.Weight)}
}

func stuck(s Snapshot) Decision {
	return Decision{Phase: Promoting, Memo: s.Memo, Warning: true, Message: s.Target.Stuck}
}

// refill grows the target by a quarter at a time, and takes away as many
// canary pods as the target's new ones replace.
func refill(s Snapshot) Decision {
	d := Decision{Phase: Promoting, Memo: s.Memo, Quiet: true, Message: "the target grows back to its size while the canary shrinks"}
	n, own := s.Memo.Size, s.Target.Replicas
	if rest := n - own; s.Canary.Desired > rest {
		d.Canary, d.CanaryPods = Present, rest
		return d
	}
	return lower(s, d, min(n, own+max(1, ceilDiv(n, 4))))
}

// conclude takes note that the judged template is stable now.
func conclude(s Snapshot) Decision {
	d := Decision{Phase: Promoting, Memo: s.Memo, Quiet: true, Message: "the Deployment runs the judged template; what the rollout needed goes"}
	d.Memo.Stable, d.Memo.Promoting, d.Memo.Ending, d.Memo.Size, d.Memo.Lowered = s.Wanted.Hash, false, Finished, 0, 0
	return d
}

// promoted is a part of clearing up before note is taken of a promotion's end.
func promoted(move func(Snapshot) Decision) func(Snapshot) Decision {
	return func(s Snapshot) Decision {
		d := move(s)
		d.Phase = Promoting
		return d
	}
}

// concludeWhole takes note that the judged template is stable now, with nothing
// left to clear up.
func concludeWhole(s Snapshot) Decision {
	s.Memo.Stable, s.Memo.Ending, s.Target.WantsStable = s.Wanted.Hash, Finished, true
	return finish(s)
}
