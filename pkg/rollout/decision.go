// SPDX-License-Identifier: Apache-2.0

package rollout

import "time"

// Phase is where a rollout is, for people. It is an output and never read back.
type Phase string

// The phases.
const (
	Idle        Phase = "Idle"
	Progressing Phase = "Progressing"
	Paused      Phase = "Paused"
	Promoting   Phase = "Promoting"
	RollingBack Phase = "RollingBack"
	RolledBack  Phase = "RolledBack"
)

// Wish is what is wanted of an object of ours. The zero value leaves it alone.
type Wish int

// The wishes.
const (
	Leave Wish = iota
	Present
	Absent
)

// Hold is what is wanted of the target's spec.paused. The zero value leaves it alone.
type Hold int

// The holds.
const (
	Untouched Hold = iota
	Held           // spec.paused: true
	Released       // spec.paused: false, at the resource version that was judged
)

// Decision is the world wanted next, and why. All values are absolute. Zero
// fields ask for nothing.
type Decision struct {
	Phase   Phase
	Reason  Reason
	Message string
	Warning bool // a person should look
	Quiet   bool // a part of a move that is told elsewhere: no Event, no line of its own

	Memo   Memo
	Forget bool // the memo and the condition go

	Subsets Wish // our DestinationRule
	Routes  Wish // Present: split at Weight; Absent: as the user wrote them
	Weight  Weight

	// Memo, Target, Size and Consume are of one object and written at once.
	Target Hold
	Size   int    // the target's spec.replicas; 0 leaves it, it is never asked to be 0
	Keep   string // pod-template-hash of the ReplicaSet to keep: one without pods first gets the target's size, then the target's others go to 0 pods

	Canary     Wish
	CanaryPods int // pods wanted, where Canary is Present

	Ask bool // the gates of this point are to be asked

	Mark bool // the Service's version label should name what stable runs

	Consume bool          // a person's commands were carried out: their annotations go
	Recheck time.Duration // look again after; zero waits until something changes
}

// Promoted is the status of the condition serin.dev/Promoted: "True", "False" or "Unknown".
func (d Decision) Promoted() string {
	switch d.Phase {
	case Idle:
		return "True"
	case RolledBack:
		return "False"
	default:
		return "Unknown"
	}
}

// patience is how long a wait lasts before people are told of it: a wait that
// ends by itself within seconds is not news, and costs no API write.
const patience = 10 * time.Second

// Announced reports whether the condition should say this decision now.
func (d Decision) Announced(s Snapshot) bool {
	return !d.Quiet || s.Waiting.lasted(d.Reason, s.Now) >= patience
}

// News reports whether the decision adds to a condition of the same status
// that gives the reason old. That all is well is no news after a promotion.
func (d Decision) News(old Reason) bool {
	well := old == "Promoted" || old == "Cancelled" || old == "UpToDate"
	return d.Reason != "UpToDate" || !well
}

// recheck is when to look again: at the latest when a wait has become news.
func (d Decision) recheck(s Snapshot) time.Duration {
	left := patience - s.Waiting.lasted(d.Reason, s.Now)
	switch {
	case !d.Quiet || left <= 0 || d.Phase == Idle:
		return d.Recheck
	case d.Recheck == 0:
		return left
	default:
		return min(d.Recheck, left)
	}
}
