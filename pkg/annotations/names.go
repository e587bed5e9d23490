// SPDX-License-Identifier: Apache-2.0

package annotations

// Prefix opens every annotation, label and condition type of ours.
const Prefix = "serin.dev/"

// The annotations that people write on the Deployment.
const (
	Canary         = Prefix + "canary"
	Steps          = Prefix + "steps"
	Hold           = Prefix + "hold"
	Bake           = Prefix + "bake"
	Deadline       = Prefix + "deadline"
	Traffic        = Prefix + "traffic"
	Service        = Prefix + "service"
	CanaryReplicas = Prefix + "canary-replicas"
	Settle         = Prefix + "settle"
	MaxRestarts    = Prefix + "max-restarts"
	Analysis       = Prefix + "analysis"
	MinSuccessRate = Prefix + "min-success-rate"
	MaxLatency     = Prefix + "max-latency"
	OnNoData       = Prefix + "on-no-data"
	WarmUp         = Prefix + "warm-up"
	OnFailure      = Prefix + "on-failure"
	VersionLabel   = Prefix + "version-label"
	Pause          = Prefix + "pause"
	Promote        = Prefix + "promote"
	Abort          = Prefix + "abort"
	Retry          = Prefix + "retry"
)

// What the controller writes.
const (
	Rollout           = Prefix + "rollout"   // annotation on the target: the memo
	Journal           = Prefix + "journal"   // annotation on the target: what happened in the rollout under way, for people
	Track             = Prefix + "track"     // label on canary pods, with the value TrackCanary
	CanaryOf          = Prefix + "canary-of" // label on the canary Deployment and its pods: whose canary
	Vouched           = Prefix + "vouched"   // label on the canary Deployment: whose, written by the fence and read by nobody else
	GateOf            = Prefix + "gate-of"   // label on the Job of a gate and its pods: whose rollout it is about
	Gate              = Prefix + "gate"      // annotation on the Job of a gate: which
	ConditionPromoted = Prefix + "Promoted"  // condition type in the target's status

	TrackCanary = "canary"

	ManagedBy = "app.kubernetes.io/managed-by" // label on every object of ours, with the value Manager
	Manager   = "serin"
)

// Commands are the annotations that are consumed: the controller removes them
// once it has carried them out. Pause is none of them; it lasts until a person
// takes it away.
var Commands = []string{Promote, Abort, Retry}

// OptedIn reports whether the Deployment asks for canaries. Only the exact
// word counts, because the guard in the API server compares it likewise.
func OptedIn(annotations map[string]string) bool {
	return annotations[Canary] == "true"
}
