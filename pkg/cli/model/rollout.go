// SPDX-License-Identifier: Apache-2.0

package model

import (
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Rollout is where one Deployment stands. It is what is shown, and what -o json
// prints; fields that nobody said anything about are left out.
type Rollout struct {
	Namespace string        `json:"namespace"`
	Name      string        `json:"name"`
	Outcome   Outcome       `json:"outcome"`
	Phase     rollout.Phase `json:"phase,omitempty"`
	Held      bool          `json:"held,omitempty"` // the wanted template waits, and the controller has not answered
	Leaving   bool          `json:"leaving,omitempty"`
	Status    string        `json:"promoted,omitempty"` // of the condition serin.dev/Promoted
	Reason    string        `json:"reason,omitempty"`
	Message   string        `json:"message,omitempty"`
	Advice    string        `json:"advice,omitempty"` // what would let it go on
	Since     time.Time     `json:"since,omitzero"`   // of that status
	Said      time.Time     `json:"said,omitzero"`    // when the reason was given
	Started   time.Time     `json:"started,omitzero"`
	Asked     []string      `json:"asked,omitempty"` // by people, and not carried out yet
	Problems  []string      `json:"problems,omitempty"`

	Mode      rollout.Mode `json:"mode,omitempty"`
	Service   string       `json:"service,omitempty"`
	Weight    *Percent     `json:"weight,omitempty"`   // wanted
	Observed  *Percent     `json:"observed,omitempty"` // in the routes, or among the pods that are available
	Steps     []Step       `json:"steps,omitempty"`
	Bake      *Bake        `json:"bake,omitempty"`     // after the steps, where the plan wishes for one
	HoldUntil time.Time    `json:"holdUntil,omitzero"` // of the step or the bake under way, at the earliest
	Checks    []Check      `json:"checks,omitempty"`   // as far as the journal tells
	Verdict   Verdict      `json:"verdict,omitempty"`  // of these, the last one

	Wanted []string  `json:"wanted,omitempty"` // images of the template that is wanted
	Stable Workload  `json:"stable"`
	Canary *Workload `json:"canary,omitempty"`
	Routes []Route   `json:"routes,omitempty"`
	Events []Event   `json:"events,omitempty"`
	Gaps   []string  `json:"notShown,omitempty"`
}

// Percent is a weight that JSON shows in percent.
type Percent float64

func percent(w rollout.Weight) *Percent {
	p := Percent(float64(w) / 10)
	return &p
}

// String prints "25%" or "0.5%".
func (p Percent) String() string { return rollout.Weight(p*10 + 0.5).String() }

// Step is one step of the plan.
type Step struct {
	Weight  Percent `json:"weight"`
	Hold    string  `json:"hold,omitempty"`
	Pause   bool    `json:"pause,omitempty"` // waits for a person
	Current bool    `json:"current,omitempty"`
	Passed  bool    `json:"passed,omitempty"`
}

// Bake is the time that everybody stays on the canary after the last step.
type Bake struct {
	For     string `json:"for"`
	Current bool   `json:"current,omitempty"`
	Passed  bool   `json:"passed,omitempty"`
}

// Workload is a set of pods of one version.
type Workload struct {
	Kind    string   `json:"kind"` // ReplicaSet or Deployment
	Name    string   `json:"name"`
	Desired int32    `json:"desired"`
	Ready   int32    `json:"ready"`
	Images  []string `json:"images,omitempty"`
	Pods    []Pod    `json:"pods,omitempty"`
}

// Pod is one pod.
type Pod struct {
	Name     string `json:"name"`
	Ready    bool   `json:"ready"`
	Restarts int32  `json:"restarts"`
	State    string `json:"state"`
}

// Route is an object that divides the Service's traffic.
type Route struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Canary    *Percent `json:"canary,omitempty"` // the canary's share; nil: it is not split
	Partly    bool     `json:"partly,omitempty"` // some of its destinations are not split, or differently
}

// Event is something that happened to the Deployment.
type Event struct {
	At      time.Time `json:"at"`
	Type    string    `json:"type"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
}
