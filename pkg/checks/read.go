// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/pkg/analysis"
)

// Key is the key of the ConfigMap that is read; where there is only one key it
// may have any name.
const Key = "checks.yaml"

// Policy is how a rollout is judged, and what is asked before it goes on.
type Policy struct {
	analysis.Policy
	Written bool // it has checks of its own
	Gates   []Gate
}

// Problem is one mistake.
type Problem struct {
	Line int    // from 1; 0: none
	Path string // such as checks[2].interval; empty: the whole
	Text string
}

func (p Problem) String() string {
	text := p.Text
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.Line > 0 {
		text = fmt.Sprintf("line %d: %s", p.Line, text)
	}
	return text
}

// FromData reads the data of a ConfigMap. What is not written there is as in
// the base, apart from the checks.
func FromData(data map[string]string, base analysis.Policy) (Policy, []Problem) {
	key, found := KeyIn(data)
	if !found {
		keys := strings.Join(slices.Sorted(maps.Keys(data)), ", ")
		return Policy{}, []Problem{{Text: fmt.Sprintf("the ConfigMap has no key %s (it has: %s)", Key, keys)}}
	}
	return Read(data[key], base)
}

// KeyIn is the key of the data that is read, where there is one.
func KeyIn(data map[string]string) (key string, found bool) {
	if _, found = data[Key]; found || len(data) != 1 {
		return Key, found
	}
	return slices.Collect(maps.Keys(data))[0], true
}

// Read reads the text of a policy.
func Read(text string, base analysis.Policy) (Policy, []Problem) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document, another yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return Policy{}, []Problem{broken(err)}
	}
	if decoder.Decode(&another) == nil {
		return Policy{}, []Problem{{Line: another.Line, Text: "there is a second document; write all checks in one"}}
	}
	if len(document.Content) == 0 {
		return Policy{}, []Problem{{Text: "is empty; write a list of checks"}}
	}
	policy := Policy{Policy: base}
	r := &reader{}
	written := object(r, document.Content[0], "", policyFields, &policy)
	for _, finish := range r.later {
		finish()
	}
	if len(r.problems) == 0 && len(policy.Gates) == 0 && (written["checks"] == nil || len(policy.Checks) == 0) {
		r.fault(document.Content[0], "checks", "there are none; write at least one, or annotate the Deployment with serin.dev/analysis: off")
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
		return Policy{}, r.problems
	}
	return policy, nil
}

var atLine = regexp.MustCompile(`line (\d+): `)

// broken is text that is no YAML.
func broken(err error) Problem {
	p := Problem{Text: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	if err.Error() == "EOF" {
		p.Text = "is empty; write a list of checks"
	}
	if found := atLine.FindStringSubmatch(err.Error()); found != nil {
		_, _ = fmt.Sscan(found[1], &p.Line)
		p.Text = strings.Replace(p.Text, found[0], "", 1)
	}
	return p
}

// The policy where nothing is written.
const (
	usualAlpha    = 0.01
	usualWarmUp   = 30 * time.Second
	usualInterval = 10 * time.Second
	usualMargin   = 1.5
	// One bad request of a thousand is what an application with an objective of
	// three nines may have; proving less takes ever more requests.
	usualTolerance = 0.001
)

// Default is the policy of a rollout for which nobody wrote one.
func Default() analysis.Policy {
	return analysis.Policy{
		Alpha: usualAlpha, WarmUp: usualWarmUp, Interval: usualInterval, OnNoData: analysis.NoDataHold,
		Checks: []analysis.Check{
			{Name: "errors", Kind: analysis.Errors, Margin: usualMargin, Tolerance: usualTolerance},
			{Name: "latency-p99", Kind: analysis.Latency, Margin: usualMargin, Tolerance: usualTolerance, Quantile: 0.99},
			{Name: "latency-p50", Kind: analysis.Latency, Margin: usualMargin, Tolerance: usualTolerance, Quantile: 0.5},
		},
	}
}

// BuiltIn is Default as a text that Read reads.
const BuiltIn = `checks:
- {name: errors, kind: errors}
- {name: latency-p99, kind: latency, quantile: 0.99}
- {name: latency-p50, kind: latency, quantile: 0.5}
`

// What a wish that is a single number is judged by: two bad minutes in a row,
// of a hundred requests at least.
const (
	wishInterval = time.Minute
	wishRequests = 100
	wishFailures = 2
)

// Wishes are the checks for what annotations ask for: a success rate in
// percent, and a quantile that stays below a time. Zero is no wish.
func Wishes(rate, quantile float64, below time.Duration) (all []analysis.Check) {
	check := analysis.Check{Kind: analysis.Threshold, MinRequests: wishRequests, Failures: wishFailures, Interval: wishInterval}
	if rate > 0 {
		wish := check
		wish.Name, wish.Metric, wish.Bound.Min = "min-success-rate", analysis.SuccessRate, &rate
		all = append(all, wish)
	}
	if quantile > 0 {
		most := float64(below) / float64(time.Millisecond)
		wish := check
		wish.Name, wish.Metric, wish.Quantile, wish.Bound.Max = "max-latency", analysis.LatencyQuantile, quantile, &most
		all = append(all, wish)
	}
	return all
}
