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

// FromData reads the data of a ConfigMap.
func FromData(data map[string]string) (analysis.Policy, []Problem) {
	text, found := data[Key]
	if !found && len(data) == 1 {
		for _, text = range data {
			found = true
		}
	}
	if !found {
		keys := strings.Join(slices.Sorted(maps.Keys(data)), ", ")
		return analysis.Policy{}, []Problem{{Text: fmt.Sprintf("the ConfigMap has no key %s (it has: %s)", Key, keys)}}
	}
	return Read(text)
}

// Read reads the text of a policy.
func Read(text string) (analysis.Policy, []Problem) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document, another yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return analysis.Policy{}, []Problem{broken(err)}
	}
	if decoder.Decode(&another) == nil {
		return analysis.Policy{}, []Problem{{Line: another.Line, Text: "there is a second document; write all checks in one"}}
	}
	if len(document.Content) == 0 {
		return analysis.Policy{}, []Problem{{Text: "is empty; write a list of checks"}}
	}
	policy := Default()
	policy.Checks = nil
	r := &reader{}
	object(r, document.Content[0], "", policyFields, &policy)
	for _, finish := range r.later {
		finish()
	}
	if len(r.problems) == 0 && len(policy.Checks) == 0 {
		r.fault(document.Content[0], "checks", "there are none; write at least one, or annotate the Deployment with serin.dev/analysis: off")
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
		return analysis.Policy{}, r.problems
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
)

// Default is the policy of a rollout for which nobody wrote one.
func Default() analysis.Policy {
	return analysis.Policy{
		Alpha: usualAlpha, WarmUp: usualWarmUp, Interval: usualInterval, OnNoData: analysis.NoDataHold,
		Checks: []analysis.Check{
			{Name: "errors", Kind: analysis.Errors, Margin: usualMargin},
			{Name: "latency-p99", Kind: analysis.Latency, Margin: usualMargin, Quantile: 0.99},
			{Name: "latency-p50", Kind: analysis.Latency, Margin: usualMargin, Quantile: 0.5},
		},
	}
}
