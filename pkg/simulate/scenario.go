// SPDX-License-Identifier: Apache-2.0

package simulate

import (
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
	Judge   Judge // nil: pod health alone

	Seed uint64
}

// Range is a time that is drawn anew each time, all values alike.
type Range struct{ Least, Most time.Duration }

// Fault is something that happens when the canary gets a weight.
type Fault struct {
	At   rollout.Weight
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
}

// Judge says what the samples so far mean.
type Judge interface {
	Verdict(samples analysis.Samples) analysis.Verdict
}

// Outcome is how a rollout ended.
type Outcome string

// The outcomes.
const (
	Promoted   Outcome = "promoted"
	RolledBack Outcome = "rolled back"
	Waiting    Outcome = "waiting" // it goes on only when a person puts something right
)

// Line is one line of a transcript.
type Line struct {
	After   time.Duration  `json:"after"`
	Reason  rollout.Reason `json:"reason,omitempty"` // empty: it was done to the rollout, not by it
	Phase   rollout.Phase  `json:"phase,omitempty"`
	Weight  rollout.Weight `json:"weight"`
	Message string         `json:"message"`
}

// Result is what became of the rollout.
type Result struct {
	Lines   []Line
	Outcome Outcome
	Reason  rollout.Reason // of the rollback, or of what it waits for
	Message string
	Took    time.Duration

	Stable, Canary analysis.Counts // requests, where they are modelled
}
