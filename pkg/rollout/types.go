// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"strconv"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// Weight is the canary's share of traffic in tenths of a percent, from 0 to 1000.
type Weight int

// Full is all of the traffic.
const Full Weight = 1000

// String prints the weight in percent: "25%", "0.5%".
func (w Weight) String() string {
	return strconv.FormatFloat(float64(w)/10, 'f', -1, 64) + "%"
}

// Mode is how traffic is moved.
type Mode string

// The modes. Auto is only ever asked for; a rollout runs in one of the others.
const (
	Auto     Mode = "auto"
	Istio    Mode = "istio"    // weights in VirtualServices
	Replicas Mode = "replicas" // the ratio of pods, the sum of both kept at the target's size
	Surge    Mode = "surge"    // the ratio of pods, the target's size untouched
)

// Step is one weight of the plan.
type Step struct {
	Weight Weight
	Hold   time.Duration
	Pause  bool // waits for a person when the weight is reached
}

// Count is a wish for a number of pods: enough for the weight (the zero
// value), a number, or a percentage of the target.
type Count struct {
	Number  int
	Percent int
}

// Latency is a wish for how fast requests are: the quantile stays below a
// time. The zero value is none.
type Latency struct {
	Quantile float64
	Below    time.Duration
}

// Promotion is what a person asked for with the annotation promote.
type Promotion string

// The promotions a person can ask for.
const (
	PromoteStep Promotion = "step"
	PromoteFull Promotion = "full"
)

// Plan is what the user asked for.
type Plan struct {
	Steps          []Step // rising; never empty
	Hold           time.Duration
	Bake           time.Duration // everybody stays on the canary that long before promotion; 0: no bake
	Deadline       time.Duration
	Settle         time.Duration
	Traffic        Mode // Auto, Istio or Replicas
	Service        string
	CanaryReplicas Count
	MaxRestarts    int
	PauseOnFailure bool
	VersionLabel   string

	// How the canary is judged besides the health of its pods.
	Checks         string  // the ConfigMap with checks; empty: the built-in ones
	ChecksOff      bool    // none at all
	MinSuccessRate float64 // percent; 0: no wish
	MaxLatency     Latency
	OnNoData       analysis.OnNoData
	WarmUp         time.Duration

	Paused  bool
	Promote Promotion
	Abort   bool
	Retry   bool
}

// Ending is how a rollout that goes back is to end.
type Ending string

// The endings. All of them first bring every user back to stable.
const (
	Reject   Ending = "reject"   // RolledBack: the canary Deployment stays at zero as the memory of what was rejected
	Cancel   Ending = "cancel"   // Idle: the user took the change back
	Restart  Ending = "restart"  // begin again with what is wanted now
	LetGo    Ending = "let-go"   // the user opted out
	Finished Ending = "finished" // promoted: only clearing up is left
)

// Memo is what must be remembered because it cannot be observed. All values
// are absolute, so that deciding twice from one reading gives one answer.
// The zero Memo means: never seen before.
type Memo struct {
	UID        string    `json:"uid,omitempty"`        // of the target: a memo copied to another Deployment is not its memo
	Stable     string    `json:"stable,omitempty"`     // pod-template-hash of the ReplicaSet that is trusted
	Started    time.Time `json:"started,omitzero"`     // when the rollout under way began
	Mode       Mode      `json:"mode,omitempty"`       // fixed for the length of a rollout
	Service    string    `json:"service,omitempty"`    // fixed for the length of a rollout
	Weight     Weight    `json:"weight,omitempty"`     // weight of the current step, tenths of a percent
	Since      time.Time `json:"since,omitzero"`       // when that weight was asked for
	Passed     Weight    `json:"passed,omitempty"`     // steps up to this weight were passed by a person
	Full       bool      `json:"full,omitempty"`       // a person waived the remaining steps
	Bake       time.Time `json:"bake,omitzero"`        // when the bake began; counts only while no later Since began the last step anew
	Baked      bool      `json:"baked,omitempty"`      // that bake was ended before its time
	Forgiven   bool      `json:"forgiven,omitempty"`   // a person went on in spite of a failure
	Size       int       `json:"size,omitempty"`       // the target's own replicas, where the ratio of pods lowered them
	Lowered    int       `json:"lowered,omitempty"`    // the replicas that were last written there
	Promoting  bool      `json:"promoting,omitempty"`  // the target was let go onto the judged template
	Ending     Ending    `json:"ending,omitempty"`     // where the rollout goes back, how it is to end
	Reason     Reason    `json:"reason,omitempty"`     // the rule that ended it
	Message    string    `json:"message,omitempty"`    // and its words
	Generation int64     `json:"generation,omitempty"` // of the target when its template was rejected
	Armed      bool      `json:"armed,omitempty"`      // the target is kept paused at rest
	Gates      string    `json:"gates,omitempty"`      // what became of the gates of the present point; see GateNoted
}

// under reports whether a rollout is under way.
func (m Memo) under() bool { return !m.Started.IsZero() }

// Revision is one ReplicaSet of the target. The zero value is none.
type Revision struct {
	Hash      string // pod-template-hash
	Desired   int    // pods wanted
	Available int    // pods available
}

// Target is the annotated Deployment.
type Target struct {
	Gone       bool // deleted, or being deleted
	OptedIn    bool
	Generation int64
	Replicas   int    // spec.replicas
	Paused     bool   // spec.paused
	Lagging    bool   // the Deployment controller has not seen its latest change
	Complete   bool   // the native rollout of the wanted template is done
	Stuck      string // why the native rollout makes no progress, in the API server's words
	Scaled     bool   // an autoscaler sets its size

	WantsStable bool // the wanted template is the one that stable runs
	WantsCanary bool // the wanted template is the one that the canary Deployment has
}

// Canary is the canary Deployment.
type Canary struct {
	Exists    bool
	Foreign   bool   // a Deployment of that name that is not ours
	Desired   int    // pods wanted
	Available int    // pods of its template that are available and, where traffic needs it, ready in the Service's endpoints
	Pods      int    // pods that are not yet gone, of any template
	Waiting   string // why pods are not available yet
	Failure   Failure
}

// Failure is a finding on the canary's pods that does not heal. Zero is none.
type Failure struct {
	Reason  Reason
	Message string
}

// Routes are the mesh's routes to the Service, as observed.
type Routes struct {
	Subsets      bool      // our DestinationRule is there and names the right pods
	Ours         bool      // any object or entry of ours is there, our DestinationRule aside
	OurSubsets   bool      // our DestinationRule is there, right or wrong
	Split        bool      // every destination to the Service is split, all alike
	Weight       Weight    // the largest share any of them gives the canary
	SubsetsSince time.Time // since when the DestinationRule has been as it is, as far as is known
	Since        time.Time // since when the routes have been as they are, as far as is known
	RetryAt      time.Time // until then a write that others undid is not repeated
	Reverted     string    // who undid it, and what to add so that it stops

	// Where the control plane of the mesh can be asked, its answer. Where it
	// cannot, or nothing awaits an answer, these are zero.
	Asked   bool
	Lagging string    // why the proxies are not known to follow; empty: they do, once the settle time is over
	Served  time.Time // since when proxies have been sent the routes as they are
}

// Guard is what holds a changed template while nobody decides.
type Guard string

// The guards. The zero value is not known yet.
const (
	GuardPolicy Guard = "policy" // the API server itself, by admission policy
	GuardArmed  Guard = "armed"  // the target is kept paused at rest
)

// Waiting tells since when the last decision's reason has been the same.
type Waiting struct {
	Reason Reason
	Since  time.Time
}

// lasted is for how long the reason has been the same.
func (w Waiting) lasted(reason Reason, now time.Time) time.Duration {
	if w.Reason != reason {
		return 0
	}
	return now.Sub(w.Since)
}

// Snapshot is everything that Decide may know, at one instant.
type Snapshot struct {
	Now      time.Time
	Plan     Plan
	Problems []Problem
	Notes    []string // what the user should know before traffic moves, and that does not stop it
	Memo     Memo
	Target   Target
	Stable   Revision // what memo.Stable names, or else what serves
	Wanted   Revision // of the wanted template; zero while it is held
	Judged   Revision // of the canary's template, in the target; zero before promotion
	Others   int      // pods wanted in the target's other ReplicaSets
	Canary   Canary
	Routes   Routes
	Mode     Mode // what a rollout that begins now would use
	Service  string
	Guard    Guard
	Verdict  analysis.Verdict
	OnNoData analysis.OnNoData // what a step without data does at its deadline; empty: it holds
	Seen     SeenShare
	Gates    []Gate // of the present point, in the order in which they were written
	Waiting  Waiting
}

// SeenShare is what was measured of the share of requests that the canary gets.
// The zero value is for where nothing was.
type SeenShare struct {
	Off   string    // why it is not the weight, with the numbers; empty: it is, as far as is known
	Since time.Time // since when it has been the weight, as far as was measured
}

// Problem is something that a person has to put right before a rollout moves.
type Problem struct {
	Reason  Reason
	Message string
}
