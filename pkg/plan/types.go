// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/serin-dev/serin/pkg/analysis/reach"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Plan is what a rollout of one Deployment will do.
type Plan struct {
	Namespace  string `json:"namespace"`
	Deployment string `json:"deployment"`
	Service    string `json:"service,omitempty"`
	// Mode is how traffic is moved: istio, replicas or surge.
	Mode rollout.Mode `json:"mode"`
	Size int          `json:"size"` // pods of the Deployment

	Problems []Problem `json:"problems"` // what has to be put right before anything moves
	Notes    []string  `json:"notes"`    // what to know before traffic moves

	Steps     []Step `json:"steps"`
	Seconds   int    `json:"seconds"`             // from the new template to the end, if nobody has to be waited for
	MostPods  int    `json:"mostPods"`            // that there are at once, target and canary together
	Persons   int    `json:"persons,omitempty"`   // how often a person has to let it go on
	StoppedBy string `json:"stoppedBy,omitempty"` // where it cannot come to its end, the reason
	Why       string `json:"why,omitempty"`       // and its words

	Load    *reach.Load `json:"load,omitempty"`    // what Finds rest on
	Traffic *Traffic    `json:"traffic,omitempty"` // what the load was counted from, if it was
}

// Traffic is what users have sent up to now, by somebody's counters.
type Traffic struct {
	Prometheus string `json:"prometheus"` // its host
	measure.Traffic
}

// Problem is something that has to be put right.
type Problem struct {
	Reason  rollout.Reason `json:"reason"`
	Message string         `json:"message"`
}

// Step is a part of the rollout: the preparation, one weight, the bake, the promotion, the clearing up.
type Step struct {
	Name    string   `json:"name"`
	Begins  int      `json:"begins"`           // seconds after the new template
	Seconds int      `json:"seconds"`          // how long it takes
	Share   string   `json:"share,omitempty"`  // the canary's share of traffic that is really reached
	Person  bool     `json:"person,omitempty"` // a person has to let it pass
	Canary  int      `json:"canary"`           // available pods of the canary
	Stable  int      `json:"stable"`           // available pods of the target
	Most    int      `json:"most"`             // pods at once, those that come and go included
	Changes []Change `json:"changes"`          // in the order of writing
	// Finds is what each comparison can find in it, where the rate of requests is known.
	Finds []reach.Found `json:"finds,omitempty"`

	part float64 // of the traffic, that is really reached
}

// Change is what becomes of one object in a step.
type Change struct {
	Verb   model.Verb     `json:"verb"`
	Kind   string         `json:"kind"`
	Name   string         `json:"name"`
	Diff   string         `json:"diff"`
	Object map[string]any `json:"object,omitempty"` // as it is afterwards
}
