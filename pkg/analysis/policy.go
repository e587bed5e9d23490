// SPDX-License-Identifier: Apache-2.0

package analysis

import "time"

// Kind is how a check judges.
type Kind string

// The kinds of checks.
const (
	// Errors compares how often requests fail, canary against stable.
	Errors Kind = "errors"
	// Latency compares how often requests are slower than a bound that is
	// stable's own quantile, canary against stable.
	Latency Kind = "latency"
	// Threshold compares one number of the canary with a bound.
	Threshold Kind = "threshold"
)

// OnNoData is what a step that has no usable data does at its deadline.
type OnNoData string

// What can be done without data.
const (
	NoDataHold     OnNoData = "hold"
	NoDataRollback OnNoData = "rollback"
	NoDataProceed  OnNoData = "proceed"
)

// Bound is the side of a threshold on which a value is good. Absent sides are nil.
type Bound struct {
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Check is one rule.
type Check struct {
	Name       string
	Kind       Kind
	ReportOnly bool // its failure is told, and moves nothing

	// Of comparisons.
	Margin float64 // the canary's odds of a bad event may be this many times stable's; at least 1
	// Tolerance is the part of the canary's requests that may be bad whatever
	// stable's are, where a proof is required; 0: none. It never fails a check.
	Tolerance float64
	Quantile  float64 // of Latency: stable's quantile that is the bound, such as 0.99

	// Of thresholds.
	Query        string // PromQL; empty: a preset's, by Metric
	Metric       Metric
	Bound        Bound
	MinRequests  float64       // fewer do not count
	Failures     int           // bad readings in a row that fail the check; 0: no limit
	Total        int           // bad readings in all that fail the check; 0: no limit
	Interval     time.Duration // between readings
	InitialDelay time.Duration // after the canary first had traffic
}

// Metric is a number that a preset knows how to ask for.
type Metric string

// The metrics that presets know.
const (
	SuccessRate     Metric = "success-rate"     // percent of requests that did not fail
	LatencyQuantile Metric = "latency-quantile" // milliseconds, at Check.Quantile
)

// Policy is how a rollout is judged.
type Policy struct {
	Checks []Check
	// Alpha is the bound on the chance of rolling back a healthy canary by
	// comparisons, over the whole rollout and over all of them together.
	Alpha float64
	// WarmUp is for how long after a canary pod became ready nothing counts.
	WarmUp time.Duration
	// Interval is the time between two samples of comparisons.
	Interval time.Duration
	// Required demands proof that the canary is not worse than the margin, or
	// that fewer of its requests than the tolerance are bad, before a step
	// passes; otherwise a step passes when nothing failed.
	Required bool
	OnNoData OnNoData
}
