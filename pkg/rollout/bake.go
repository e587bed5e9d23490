// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"time"
)

// A bake is the time between the last step and the promotion. Everybody is on
// the canary, which is judged on, and nothing of stable's has been given up yet:
// in the mesh its pods are all there, at weight 0, and going back is one write of
// the routes.

// BakesUntil is when the bake under way is over at the earliest; zero where none
// is under way. It depends on the plan and the memo alone, so that a controller
// that starts anew neither begins a bake again nor skips it.
func BakesUntil(p Plan, m Memo) time.Time {
	if p.Bake <= 0 || !m.under() || m.Ending != "" || m.Promoting || m.Full || m.Baked || !m.bakes() {
		return time.Time{}
	}
	return m.Bake.Add(p.Bake)
}

// bakes: a bake has begun in the present stay at the full weight. What begins
// the last step anew, as a weight that was lost does, ends that stay.
func (m Memo) bakes() bool {
	return m.Weight >= Full && !m.Bake.IsZero() && !m.Bake.Before(m.Since)
}

// isToBake: the last step is passed, and a bake is wished that has not begun.
func isToBake(s Snapshot) bool {
	return s.Plan.Bake > 0 && s.Memo.under() && s.Memo.Weight >= Full && !s.Memo.Full && !s.Memo.bakes()
}

func inBake(s Snapshot) bool { return !BakesUntil(s.Plan, s.Memo).IsZero() }

func isBaking(s Snapshot) bool { return BakesUntil(s.Plan, s.Memo).After(s.Now) }

func beginBake(s Snapshot) Decision {
	s.Memo.Bake, s.Memo.Baked = s.Now, false
	d := holdBake(s)
	d.Quiet = false
	return d
}

func holdBake(s Snapshot) Decision {
	until, layout := BakesUntil(s.Plan, s.Memo), time.TimeOnly
	if s.Plan.Bake >= 12*time.Hour { // the time of day alone could be of another day
		layout = time.DateTime
	}
	return Decision{Phase: Progressing, Memo: s.Memo, Quiet: true, Recheck: until.Sub(s.Now),
		Message: fmt.Sprintf("baking until %s UTC: %s", until.UTC().Format(layout), kept(s))}
}

// kept says who serves in a bake, and what is kept for a return.
func kept(s Snapshot) string {
	stable := count(s.Target.Replicas, "pod")
	switch s.Memo.Mode {
	case Replicas:
		return fmt.Sprintf("%s beside %s of stable, as the ratio of pods allows; a return brings stable's %d back first", count(want(s, Full).canary, "canary pod"), stable, size(s))
	case Surge:
		return fmt.Sprintf("%s beside stable's %s, as the ratio of pods allows; a return takes the canary's pods away", count(want(s, Full).canary, "canary pod"), stable)
	default:
		return fmt.Sprintf("everybody is on the canary; stable's %s stay at weight 0 for a return by one write of the routes", stable)
	}
}

// endBake is the memo of a bake that ends before its time. Nothing of the last
// step is waited for again.
func endBake(s Snapshot) Memo {
	s.Memo.Baked, s.Memo.Passed = true, s.Memo.Weight
	return s.Memo
}

// BakeNotes say what a bake cannot keep where traffic moves in that mode, and
// where an autoscaler sets the target's size. There are none without a bake.
func BakeNotes(p Plan, mode Mode, scaled bool) []string {
	var notes []string
	switch {
	case p.Bake <= 0:
		return nil
	case mode == Replicas:
		notes = append(notes, "by the ratio of pods no pod of stable can be kept without traffic: the bake holds the ratio of the last step, and a return first brings stable's pods back")
	case mode == Surge:
		notes = append(notes, "by the ratio of pods no pod of stable can be kept without traffic: in the bake stable goes on serving its part beside the canary")
	}
	if mode == Istio && scaled {
		notes = append(notes, fmt.Sprintf("an autoscaler counts stable's idle pods in the bake and may take some away, which a return would lack: let it wait before it scales down, "+
			"with behavior.scaleDown.stabilizationWindowSeconds of %.0f or more", min(p.Bake.Seconds(), longestWindow.Seconds())))
	}
	return notes
}

// longestWindow is the most that a HorizontalPodAutoscaler may be told to wait.
const longestWindow = time.Hour
