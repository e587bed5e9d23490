// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Scenario is what a rollout meets.
type Scenario struct {
	Target *appsv1.Deployment // as it serves
	Others []client.Object    // everything around it
	Wanted corev1.PodTemplateSpec

	Startup Range // how long a new pod takes until it is ready
	Faults  []Fault

	Traffic Traffic

	Seed uint64
}

// Range is a time that is drawn anew each time, all values alike.
type Range struct{ Least, Most time.Duration }

// Fault is something that happens when the canary gets a weight.
type Fault struct {
	At   rollout.Weight
	Bake bool // in the bake, when that has begun
	What Deed
	Size int32 // of Rescaled
}

// Deed is what happens.
type Deed string

// The deeds.
const (
	Crash    Deed = "crash"    // the canary's pods begin to crash
	NotReady Deed = "notReady" // the canary's pods are no longer ready
	Abort    Deed = "abort"    // a person asks to roll back
	Rescaled Deed = "rescaled" // the Deployment gets another size
)

// Traffic is what users send.
type Traffic struct {
	RPS      float64       // requests a second to the Service; 0: none are modelled
	Interval time.Duration // between two samples

	// The parts of the requests that fail, from 0 to 1.
	StableErrors, CanaryErrors float64
	// How long requests take.
	StableLatency, CanaryLatency Latency
}

// Outcome is how a rollout ended.
type Outcome string

// The outcomes.
const (
	Promoted   Outcome = "promoted"
	RolledBack Outcome = "rolled back"
	Waiting    Outcome = "waiting" // it goes on only when a person puts something right
)

// Seconds is a time that reads as a number of seconds in JSON.
type Seconds time.Duration

// MarshalJSON implements [encoding/json.Marshaler].
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Round(time.Second).Seconds(), 'f', -1, 64), nil
}

// String is the time in whole seconds, such as 1m30s.
func (s Seconds) String() string { return time.Duration(s).Round(time.Second).String() }

// Line is one line of a transcript.
type Line struct {
	After   Seconds        `json:"after"`
	Reason  rollout.Reason `json:"reason,omitempty"` // empty: it was done to the rollout, not by it
	Phase   rollout.Phase  `json:"phase,omitempty"`
	Weight  string         `json:"weight,omitempty"`
	Message string         `json:"message"`
}

// Result is what became of the rollout.
type Result struct {
	Lines   []Line         `json:"lines"`
	Outcome Outcome        `json:"outcome"`
	Reason  rollout.Reason `json:"reason"` // of the ending, or of what it waits for
	Message string         `json:"message"`
	Took    Seconds        `json:"took"`

	// Requests, where they are modelled; the bad ones failed.
	Stable analysis.Counts `json:"stable"`
	Canary analysis.Counts `json:"canary"`
	// Checks are the last verdict on the canary, check by check.
	Checks []analysis.CheckVerdict `json:"checks,omitempty"`
	// Detected is how long after the canary's first traffic a check failed.
	Detected *Seconds `json:"detected,omitempty"`
}
