// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/pkg/analysis"
)

// field is one that can be written: a row of the reference, and how it is read.
type field[T any] struct {
	name    string
	meaning string
	// read puts the value in its place, or says what is wrong with it.
	read func(r *reader, at *yaml.Node, path string, into *T) error
	// kinds are the kinds of checks that have the field; none: all.
	kinds []analysis.Kind
}

// The ranges of what can be written.
const (
	longestTime  = 24 * time.Hour
	shortestTime = 5 * time.Second
	mostMargin   = 100
	mostRequests = 1e9
	mostReadings = 10_000
)

var comparisons, thresholds = []analysis.Kind{analysis.Errors, analysis.Latency}, []analysis.Kind{analysis.Threshold}

var policyFields = []field[Policy]{
	{"alpha", "The chance of rolling back a healthy canary by comparisons, over the whole rollout and over all of them together: from 0.0001 to 0.2. Default 0.01.",
		number(func(p *Policy) *float64 { return &p.Alpha }, 0.0001, 0.2), nil},
	{"warm-up", "For how long after a canary pod became ready nothing counts. Default 30s.",
		span(func(p *Policy) *time.Duration { return &p.WarmUp }, 0), nil},
	{"interval", "The time between two samples of comparisons, and of thresholds that name none. Default 10s.",
		span(func(p *Policy) *time.Duration { return &p.Interval }, shortestTime), nil},
	{"evidence", "`optional`: a step passes when nothing failed (the default). `required`: it passes only once each comparison has proved that the canary is no worse than the margin, or that less than its `tolerance` is bad.",
		word(map[string]bool{"optional": false, "required": true}, func(p *Policy, v bool) { p.Required = v }), nil},
	{"on-no-data", "What a step without usable data does at its deadline: `hold` (the default), `rollback` or `proceed`.",
		word(map[string]analysis.OnNoData{"hold": analysis.NoDataHold, "rollback": analysis.NoDataRollback, "proceed": analysis.NoDataProceed},
			func(p *Policy, v analysis.OnNoData) { p.OnNoData = v }), nil},
	{"checks", "The list of checks. All of them have to hold. Default, beside gates: the built-in ones; `[]` is none.",
		(*reader).checks, nil},
	{"gates", "The list of gates, at most 16; see below.",
		(*reader).gates, nil},
}

var checkFields = []field[analysis.Check]{
	{"name", "How the check is called where it is told of; each has its own.",
		func(_ *reader, at *yaml.Node, _ string, c *analysis.Check) error { return readName(at, &c.Name) }, nil},
	{"kind", "`errors` and `latency` compare the canary with stable; `threshold` compares one number with a bound.",
		word(map[string]analysis.Kind{"errors": analysis.Errors, "latency": analysis.Latency, "threshold": analysis.Threshold},
			func(c *analysis.Check, v analysis.Kind) { c.Kind = v }), nil},
	{"report-only", "`true`: a failure is told, and moves nothing.",
		word(map[string]bool{"true": true, "false": false}, func(c *analysis.Check, v bool) { c.ReportOnly = v }), nil},
	{"margin", "The canary's odds of a bad request may be this many times stable's, from 1 to 100. Default 1.5.",
		number(func(c *analysis.Check) *float64 { return &c.Margin }, 1, mostMargin), comparisons},
	{"tolerance", "With `evidence: required`: it is proof enough that less than this part of the canary's requests are bad, whatever stable's are; 0: only the margin counts. At most 0.5. Default 0.001.",
		number(func(c *analysis.Check) *float64 { return &c.Tolerance }, 0, 0.5), comparisons},
	{"quantile", "Of latency: which quantile, such as `0.99`. Above 0, and at most 0.999.",
		number(func(c *analysis.Check) *float64 { return &c.Quantile }, 0.001, 0.999), []analysis.Kind{analysis.Latency, analysis.Threshold}},
	{"metric", "What to compare with the bound: `success-rate` (percent of the canary's requests that did not fail) or `latency-quantile` (milliseconds, with `quantile`).",
		word(map[string]analysis.Metric{"success-rate": analysis.SuccessRate, "latency-quantile": analysis.LatencyQuantile},
			func(c *analysis.Check, v analysis.Metric) { c.Metric = v }), thresholds},
	{"query", "Instead of `metric`: PromQL that gives one number. It is a template: `{{.Namespace}}`, `{{.Target}}`, `{{.Canary}}`, `{{.Service}}`, `{{.StablePods}}` and `{{.CanaryPods}}` (for `=~`), `{{.Interval}}`.",
		func(_ *reader, at *yaml.Node, _ string, c *analysis.Check) error { return readQuery(at, &c.Query) }, thresholds},
	{"min", "The number must not be lower.", bound(func(c *analysis.Check) **float64 { return &c.Bound.Min }), thresholds},
	{"max", "The number must not be higher.", bound(func(c *analysis.Check) **float64 { return &c.Bound.Max }), thresholds},
	{"min-requests", "With fewer requests a reading does not count. Default 0.",
		number(func(c *analysis.Check) *float64 { return &c.MinRequests }, 0, mostRequests), thresholds},
	{"failures", "So many bad readings in a row fail the check; 0 is no limit. Default 1, unless `total` is written.",
		whole(func(c *analysis.Check) *int { return &c.Failures }), thresholds},
	{"total", "So many bad readings in all fail the check; 0 is no limit. Default 0.",
		whole(func(c *analysis.Check) *int { return &c.Total }), thresholds},
	{"interval", "The time between two readings. Default: that of the policy.",
		span(func(c *analysis.Check) *time.Duration { return &c.Interval }, shortestTime), thresholds},
	{"initial-delay", "How long after the canary first had traffic readings begin to count. Default 0s.",
		span(func(c *analysis.Check) *time.Duration { return &c.InitialDelay }, 0), thresholds},
}

func (r *reader) checks(at *yaml.Node, path string, p *Policy) error {
	if at.Kind != yaml.SequenceNode {
		return fmt.Errorf("is not a list; write each check after a hyphen")
	}
	p.Checks, p.Written = nil, len(at.Content) > 0
	names := map[string]bool{}
	for i, node := range at.Content {
		place := fmt.Sprintf("%s[%d]", path, i)
		check := analysis.Check{}
		written := object(r, node, place, checkFields, &check)
		if written == nil {
			continue
		}
		r.complete(node, place, written, &check)
		if check.Name != "" && names[check.Name] {
			r.fault(written["name"], place+".name", fmt.Sprintf("%q is another check's name; give each its own", check.Name))
		}
		names[check.Name] = true
		p.Checks = append(p.Checks, check)
	}
	// The interval of the policy may be written below the checks.
	r.later = append(r.later, func() {
		for i := range p.Checks {
			if c := &p.Checks[i]; c.Kind == analysis.Threshold && c.Interval == 0 {
				c.Interval = p.Interval
			}
		}
	})
	return nil
}

// complete looks at a check as a whole.
func (r *reader) complete(at *yaml.Node, path string, written map[string]*yaml.Node, c *analysis.Check) {
	for _, needed := range []string{"name", "kind"} {
		if written[needed] == nil {
			r.fault(at, path, needed+" is missing")
		}
	}
	for _, f := range checkFields {
		if node := written[f.name]; node != nil && !f.of(c.Kind) {
			r.fault(node, path+"."+f.name, fmt.Sprintf("a check of kind %s has no such field", c.Kind))
		}
	}
	if c.Kind == analysis.Threshold {
		r.number(at, path, written, c)
		r.bounds(at, path, written, c)
		r.limits(path, written, c)
		return
	}
	compared(written, c)
	if c.Kind == analysis.Latency && written["quantile"] == nil {
		r.fault(at, path, "quantile is missing; write for example 0.99")
	}
}

// compared gives a comparison what is not written.
func compared(written map[string]*yaml.Node, c *analysis.Check) {
	if written["margin"] == nil {
		c.Margin = usualMargin
	}
	if written["tolerance"] == nil {
		c.Tolerance = usualTolerance
	}
}

// of reports whether a check of the kind has the field. One whose kind is
// wrong may have all.
func (f field[T]) of(kind analysis.Kind) bool {
	return kind == "" || len(f.kinds) == 0 || slices.Contains(f.kinds, kind)
}

// number looks at which number is compared.
func (r *reader) number(at *yaml.Node, path string, written map[string]*yaml.Node, c *analysis.Check) {
	query, metric := written["query"], written["metric"]
	quantile := metric != nil && c.Metric == analysis.LatencyQuantile
	switch {
	case query == nil && metric == nil:
		r.fault(at, path, "metric or query is missing")
	case query != nil && metric != nil:
		r.fault(query, path, "has a metric and a query; choose one")
	case quantile && written["quantile"] == nil:
		r.fault(at, path, "quantile is missing; write for example 0.99")
	case !quantile && written["quantile"] != nil:
		r.fault(written["quantile"], path+".quantile", "belongs to metric: latency-quantile")
	}
}

func (r *reader) bounds(at *yaml.Node, path string, written map[string]*yaml.Node, c *analysis.Check) {
	switch lowest, highest := c.Bound.Min, c.Bound.Max; {
	case written["min"] == nil && written["max"] == nil:
		r.fault(at, path, "min or max is missing")
	case lowest != nil && highest != nil && *lowest > *highest:
		r.fault(written["min"], path, fmt.Sprintf("no number is at least %g and at most %g", *lowest, *highest))
	}
}

// limits looks at how many bad readings there may be.
func (r *reader) limits(path string, written map[string]*yaml.Node, c *analysis.Check) {
	switch node := written["failures"]; {
	case c.Failures > 0 || c.Total > 0:
	case node == nil:
		c.Failures = 1
	case !r.faulty(path + ".failures"):
		r.fault(node, path+".failures", "without a limit nothing fails; write 1 or more, or a total")
	}
}
