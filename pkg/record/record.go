// SPDX-License-Identifier: Apache-2.0

package record

import (
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Version is that of the form in which a record is written. It rises when an
// older reader would misread a newer record; a field that is added does not
// raise it.
const Version = 1

// Record is what is kept of one target.
type Record struct {
	Version  int       `json:"version"`
	Rollouts []Rollout `json:"rollouts"` // the newest last
}

// Outcome is how a rollout ended.
type Outcome string

// The outcomes. A rollout under way has none.
const (
	Promoted   Outcome = "Promoted"
	RolledBack Outcome = "RolledBack"
	Cancelled  Outcome = "Cancelled" // the template was put back to what stable runs
	Withdrawn  Outcome = "Withdrawn" // another template, or another try, took its place
	Abandoned  Outcome = "Abandoned" // the controller's memory of it was taken away
)

// Rollout is one attempt to move stable to another template.
type Rollout struct {
	Began   time.Time    `json:"began"` // tells rollouts of one target apart
	Ended   time.Time    `json:"ended,omitzero"`
	Outcome Outcome      `json:"outcome,omitempty"`
	Mode    rollout.Mode `json:"mode,omitempty"`
	From    Revision     `json:"from"`
	To      Revision     `json:"to"`
	Entries []Entry      `json:"entries"`
	Words   *Words       `json:"lastWords,omitempty"` // of a canary that was rejected
}

// Revision is a template in the words of people.
type Revision struct {
	Number string   `json:"revision,omitempty"` // as kubectl rollout history counts; empty where it has not rolled out
	Hash   string   `json:"hash,omitempty"`     // pod-template-hash
	Images []string `json:"images,omitempty"`
}

// Entry is a move, or a wait that was told.
type Entry struct {
	At       time.Time      `json:"at"`
	Phase    rollout.Phase  `json:"phase"`
	Reason   rollout.Reason `json:"reason"`
	Message  string         `json:"message,omitempty"`
	Warning  bool           `json:"warning,omitempty"`
	Weight   rollout.Weight `json:"weight,omitempty"`   // of the step, in tenths of a percent
	Evidence string         `json:"evidence,omitempty"` // of the verdict, where something is measured
	Wrote    []string       `json:"wrote,omitempty"`    // objects, up to the next entry
	Seconds  float64        `json:"seconds,omitempty"`  // up to the next entry
	Omitted  int            `json:"omitted,omitempty"`  // entries that were left out after this one
}

// Until is when the next entry came; the entry's own time where none has.
func (e Entry) Until() time.Time {
	return e.At.Add(time.Duration(e.Seconds * float64(time.Second)))
}

// Words are the last words of a canary, taken before its pods went.
type Words struct {
	Pods    []Pod    `json:"pods,omitempty"`
	LeftOut []string `json:"leftOut,omitempty"` // what is missing, and why
}

// Pod is what one pod left.
type Pod struct {
	Name   string   `json:"name"`
	Ends   []string `json:"ends,omitempty"`   // how its containers fare, or ended: "container app: OOMKilled, exit code 137, restarted 3 times"
	Events []string `json:"events,omitempty"` // oldest first
	Logs   []Log    `json:"logs,omitempty"`
}

// Log is the end of a container's log.
type Log struct {
	Container string   `json:"container"`
	Lines     []string `json:"lines"`
}

// Underway reports whether the rollout has begun and not ended.
func (r Rollout) Underway() bool { return !r.Began.IsZero() && r.Outcome == "" }

// is tells whether both are the same rollout.
func (r Rollout) is(other Rollout) bool { return r.Began.Equal(other.Began) }

// Peak is the highest weight that the canary was given.
func (r Rollout) Peak() rollout.Weight {
	var peak rollout.Weight
	for _, e := range r.Entries {
		peak = max(peak, e.Weight)
	}
	return peak
}
