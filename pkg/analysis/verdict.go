// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"time"
)

// Outcome is what the checks say together.
type Outcome int

// The outcomes. The zero value is the safe one: it neither passes nor fails.
const (
	Inconclusive Outcome = iota
	Passed
	Failed
)

var outcomes = [...]string{Inconclusive: "inconclusive", Passed: "passed", Failed: "failed"}

// String is the outcome in a word.
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomes) {
		return fmt.Sprintf("outcome %d", int(o))
	}
	return outcomes[o]
}

// MarshalText writes the word, so that a record can be read.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText wrote. Any other word is an error.
func (o *Outcome) UnmarshalText(text []byte) error {
	for i, word := range outcomes {
		if word == string(text) {
			*o = Outcome(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not an outcome", text)
}

// Verdict is the judgement on a canary at one instant, with what it rests on.
// It can be written as JSON: it holds no number that JSON cannot hold.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Evidence says in words what was measured against what, for people.
	Evidence string `json:"evidence"`
	// NoData: inconclusive, and for nothing but data that are missing. At the
	// step's deadline Policy.OnNoData decides.
	NoData bool `json:"noData,omitempty"`
	// Checks are the checks one by one, in the order of the policy.
	Checks []CheckVerdict `json:"checks,omitempty"`
}

// NoChecks is the verdict where nothing is to be measured: pod health alone decides.
func NoChecks() Verdict {
	return Verdict{Outcome: Passed, Evidence: "pod health only; no checks are configured"}
}

// CheckVerdict is the judgement of one check.
type CheckVerdict struct {
	Name       string  `json:"name"`
	Kind       Kind    `json:"kind"`
	ReportOnly bool    `json:"reportOnly,omitempty"`
	Outcome    Outcome `json:"outcome"`
	// State says which data are missing now; Usable where none are.
	State    State  `json:"state,omitempty"`
	Evidence string `json:"evidence"`
	Query    string `json:"query,omitempty"` // what was asked, for people to ask again
	// Excluded is what did not count, by state.
	Excluded   []Exclusion `json:"excluded,omitempty"`
	Comparison *Comparison `json:"comparison,omitempty"` // of Errors and Latency
	Readings   *Readings   `json:"readings,omitempty"`   // of Threshold
}

// Exclusion sums up the intervals or readings that did not count for one reason.
type Exclusion struct {
	State State     `json:"state"`
	Why   string    `json:"why,omitempty"` // of the last one
	Times int       `json:"times"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Comparison is what a comparison rests on.
type Comparison struct {
	Intervals int    `json:"intervals"` // that counted
	Stable    Counts `json:"stable"`    // over these
	Canary    Counts `json:"canary"`
	// Unserved is how many of these found no endpoint, so that only clients saw them.
	Unserved float64 `json:"unserved,omitempty"`
	Margin   float64 `json:"margin"`
	// EValue is the evidence that the canary is worse than the margin: its
	// highest so far, at most 1e9. Needed, 1/α of this check, fails it.
	EValue float64 `json:"eValue"`
	Needed float64 `json:"needed"`
	// Dispersion is how many times the variance of independent failures was
	// seen, at least 1; the logarithm of the evidence was divided by it.
	Dispersion float64 `json:"dispersion"`
	// Guardrail is what a hard break looked like; empty where there was none.
	Guardrail string `json:"guardrail,omitempty"`
	Proof     *Proof `json:"proof,omitempty"` // where the policy requires one
}

// Proof is how far the evidence is that the canary is not worse than the margin,
// or that fewer of its requests than the tolerance are bad.
type Proof struct {
	Tolerance float64 `json:"tolerance,omitempty"` // 0: none
	EValue    float64 `json:"eValue"`              // now, at most 1e9
	Needed    float64 `json:"needed"`
	Proven    bool    `json:"proven"`
	// MoreRequests is how many more the canary needs at today's share and
	// rate of bad events, and Minutes how long they take at today's rate, if
	// it is as good as stable. Zero where that cannot be told.
	MoreRequests float64 `json:"moreRequests,omitempty"`
	Minutes      float64 `json:"minutes,omitempty"`
}

// Readings is what a threshold rests on.
type Readings struct {
	Counted  int     `json:"counted"`
	Bad      int     `json:"bad"`      // in all
	InARow   int     `json:"inARow"`   // bad ones up to the newest
	Value    float64 `json:"value"`    // the newest that counted
	Requests float64 `json:"requests"` // that it rests on; negative where that is not known
	Bound    Bound   `json:"bound"`
}
