// SPDX-License-Identifier: Apache-2.0

package rollout

// Reason is the CamelCase name of the rule that decided. It is the same word
// in the log, the Event, the condition, the metric label, the CLI and the docs.
type Reason string

// Reasons that a decision can have beyond the names of the rules: what was
// found wrong with the canary's pods, and with what the user asked for.
const (
	ImagePullFailed          Reason = "ImagePullFailed"
	ContainerConfigFailed    Reason = "ContainerConfigFailed"
	CrashLoop                Reason = "CrashLoop"
	RestartsExceeded         Reason = "RestartsExceeded"
	ProgressDeadlineExceeded Reason = "ProgressDeadlineExceeded"

	InvalidAnnotations  Reason = "InvalidAnnotations"
	UnsupportedStrategy Reason = "UnsupportedStrategy"
	ExclusiveVolume     Reason = "ExclusiveVolume"
	UnsupportedSelector Reason = "UnsupportedSelector"
	ServiceMissing      Reason = "ServiceMissing"
	ServiceAmbiguous    Reason = "ServiceAmbiguous"
	ServiceUnsupported  Reason = "ServiceUnsupported"
	RoutesUnsupported   Reason = "RoutesUnsupported"
	TrafficUnavailable  Reason = "TrafficUnavailable"
	NameTaken           Reason = "NameTaken"
	Forbidden           Reason = "Forbidden"
	InvalidChecks       Reason = "InvalidChecks"

	// RequestFailed is told by an Event alone, because what decides does not know.
	RequestFailed Reason = "RequestFailed"

	// NotRecorded is told by an Event alone: no rollout waits for its record.
	NotRecorded Reason = "NotRecorded"
)
