// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/checks"
)

const whole = `
alpha: 0.02
warm-up: 1m
evidence: required
on-no-data: rollback
checks:
- name: errors
  kind: errors
  margin: 2
  tolerance: 0.0001
- {name: slow, kind: latency, quantile: 0.99, report-only: true}
- name: success
  kind: threshold
  metric: success-rate
  min: 99.5
  min-requests: 100
  failures: 3
  total: 5
  interval: 30s
  initial-delay: 1m
- name: queue
  kind: threshold
  query: max(depth{namespace="{{.Namespace}}",pod=~"{{.CanaryPods}}"})
  max: 100
interval: 20s
`

func TestTheBuiltInTextIsTheDefault(t *testing.T) {
	t.Parallel()
	policy, problems := checks.Read(checks.BuiltIn, checks.Default())
	if diff := cmp.Diff(checks.Default(), policy.Policy); diff != "" || len(problems) > 0 {
		t.Errorf("%v %s", problems, diff)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	want := analysis.Policy{
		Alpha: 0.02, WarmUp: time.Minute, Interval: 20 * time.Second, Required: true, OnNoData: analysis.NoDataRollback,
		Checks: []analysis.Check{
			{Name: "errors", Kind: analysis.Errors, Margin: 2, Tolerance: 0.0001},
			{Name: "slow", Kind: analysis.Latency, Margin: 1.5, Tolerance: 0.001, Quantile: 0.99, ReportOnly: true},
			{
				Name: "success", Kind: analysis.Threshold, Metric: analysis.SuccessRate, Bound: analysis.Bound{Min: new(99.5)},
				MinRequests: 100, Failures: 3, Total: 5, Interval: 30 * time.Second, InitialDelay: time.Minute,
			},
			{
				Name: "queue", Kind: analysis.Threshold, Query: `max(depth{namespace="{{.Namespace}}",pod=~"{{.CanaryPods}}"})`,
				Bound: analysis.Bound{Max: new(100.0)}, Failures: 1, Interval: 20 * time.Second,
			},
		},
	}
	policy, problems := checks.FromData(map[string]string{"mine.yaml": whole}, checks.Default())
	if diff := cmp.Diff(checks.Policy{Policy: want, Written: true}, policy); diff != "" || len(problems) > 0 {
		t.Errorf("%v %s", problems, diff)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	const errors = "checks: [{name: a, kind: errors}]\n"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"nothing":         {"", []string{"is empty; write a list of checks"}},
		"a comment":       {"# soon\n", []string{"is empty; write a list of checks"}},
		"no YAML":         {"checks:\n\t- x", []string{"line 2: is not YAML: found character that cannot start any token"}},
		"a word":          {"fast", []string{`line 1: is not a list of fields such as "interval: 10s"`}},
		"two documents":   {errors + "---\n" + errors, []string{"line 2: there is a second document; write all checks in one"}},
		"no checks":       {"alpha: 0.01", []string{"line 1: checks: there are none; write at least one, or annotate the Deployment with serin.dev/analysis: off"}},
		"checks of words": {"checks: errors", []string{"line 1: checks: is not a list; write each check after a hyphen"}},
		"all at once": {
			"alhpa: 0.01\nalpha: 2\nalpha: 0.1\nwarm-up: soon\non-no-data: pass\ninterval: 1s\nevidence:\nchecks: [{name: a, kind: errors}]", []string{
				"line 1: alhpa: unknown field; did you mean alpha?",
				"line 2: alpha: 2 is outside of the range from 0.0001 to 0.2",
				"line 3: alpha: is written twice",
				`line 4: warm-up: "soon" is not a duration; write for example 30s or 5m`,
				`line 5: on-no-data: "pass" cannot be; write hold, proceed or rollback`,
				"line 6: interval: 1s is outside of the range from 5s to 24h",
				"line 7: evidence: has no value; write one, or remove it",
			},
		},
		"in a check": {
			"checks:\n- name: a\n  kind: errors\n  marign: 2\n- name: a\n  kind: latency\n- kind: threshold\n  min: 2\n  max: 1\n  quantile: 0.5\n  failures: 0\n- name: Ä\n  kind: speed\n", []string{
				"line 4: checks[0].marign: unknown field; did you mean margin?",
				"line 5: checks[1]: quantile is missing; write for example 0.99",
				`line 5: checks[1].name: "a" is another check's name; give each its own`,
				"line 7: checks[2]: name is missing",
				"line 7: checks[2]: metric or query is missing",
				"line 8: checks[2]: no number is at least 2 and at most 1",
				"line 11: checks[2].failures: without a limit nothing fails; write 1 or more, or a total",
				`line 12: checks[3].name: "Ä" cannot be the name of a check; write at most 63 small letters, digits and hyphens`,
				`line 13: checks[3].kind: "speed" cannot be; write errors, latency or threshold`,
			},
		},
		"fields of another kind": {
			"checks:\n- name: a\n  kind: errors\n  min: 2\n- name: b\n  kind: threshold\n  metric: success-rate\n  query: up\n  margin: 2\n  min: 1\n- name: c\n  kind: threshold\n  metric: latency-quantile\n  max: 1\n", []string{
				"line 4: checks[0].min: a check of kind errors has no such field",
				"line 8: checks[1]: has a metric and a query; choose one",
				"line 9: checks[1].margin: a check of kind threshold has no such field",
				"line 11: checks[2]: quantile is missing; write for example 0.99",
			},
		},
		"queries": {
			"checks:\n- {name: a, kind: threshold, max: 1, query: 'sum({{.Namspace}})'}\n- {name: b, kind: threshold, max: 1, query: 'sum({{range 1000000000}}x{{end}})'}\n" +
				"- {name: c, kind: threshold, max: 1, query: 'sum({{)'}\n- {name: d, kind: threshold, max: 1, query: 'sum({{printf \"%999999d\" 1}})'}\n", []string{
				"line 2: checks[0].query: names {{.Namspace}}, which there is not; did you mean {{.Namespace}}?",
				"line 3: checks[1].query: has {{range 1000000000}}x{{end}}, and only names can be filled in: {{.Namespace}}, {{.Target}}, {{.Canary}}, {{.Service}}, {{.StablePods}}, {{.CanaryPods}}, {{.Interval}}",
				"line 4: checks[2].query: is no template: query:1: unexpected right paren",
				`line 5: checks[3].query: has {{printf "%999999d" 1}}, and only names can be filled in: {{.Namespace}}, {{.Target}}, {{.Canary}}, {{.Service}}, {{.StablePods}}, {{.CanaryPods}}, {{.Interval}}`,
			},
		},
		"an alias": {
			"interval: &x 10s\nwarm-up: *x\n" + errors, []string{"line 2: warm-up: is an alias; write the value itself"},
		},
		"numbers": {
			"checks: [{name: a, kind: threshold, query: up, min: .nan, failures: 1.5, min-requests: many}]", []string{
				`line 1: checks[0].min: ".nan" is not a number`,
				"line 1: checks[0].failures: 1.5 is not a whole number",
				`line 1: checks[0].min-requests: "many" is not a number`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, problems := checks.Read(test.text, checks.Default())
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(checks.Policy{}, policy); diff != "" {
				t.Errorf("a policy came with the problems: %s", diff)
			}
		})
	}
}

func TestWhichKeyIsRead(t *testing.T) {
	t.Parallel()
	if _, problems := checks.FromData(map[string]string{"a": "x", "checks.yaml": "checks: [{name: a, kind: errors}]"}, checks.Default()); len(problems) > 0 {
		t.Error(problems)
	}
	_, problems := checks.FromData(map[string]string{"b": "x", "a": "y"}, checks.Default())
	if len(problems) != 1 || problems[0].String() != "the ConfigMap has no key checks.yaml (it has: a, b)" {
		t.Error(problems)
	}
}

func TestWishes(t *testing.T) {
	t.Parallel()
	if got := checks.Wishes(0, 0, 0); len(got) > 0 {
		t.Errorf("got %+v", got)
	}
	want := []analysis.Check{
		{Name: "min-success-rate", Kind: analysis.Threshold, Metric: analysis.SuccessRate, Bound: analysis.Bound{Min: new(99.5)}, MinRequests: 100, Failures: 2, Interval: time.Minute},
		{Name: "max-latency", Kind: analysis.Threshold, Metric: analysis.LatencyQuantile, Quantile: 0.99, Bound: analysis.Bound{Max: new(300.0)}, MinRequests: 100, Failures: 2, Interval: time.Minute},
	}
	if diff := cmp.Diff(want, checks.Wishes(99.5, 0.99, 300*time.Millisecond)); diff != "" {
		t.Error(diff)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(whole)
	f.Add(checks.GateExample)
	f.Add("checks: [{name: a, kind: threshold, query: '{{.Canary}}', min: 1}]")
	f.Fuzz(func(t *testing.T, text string) {
		policy, problems := checks.Read(text, checks.Default())
		if (len(policy.Checks)+len(policy.Gates) == 0) != (len(problems) > 0) {
			t.Fatalf("%d checks and %d problems", len(policy.Checks), len(problems))
		}
		for _, p := range problems {
			if p.Text == "" || strings.Contains(p.Text, "%!") {
				t.Fatalf("a problem without words: %+v", p)
			}
		}
		for _, c := range policy.Checks {
			if c.Kind == analysis.Threshold && (c.Interval < 5*time.Second || c.Failures+c.Total == 0 || (c.Query == "") == (c.Metric == "")) {
				t.Fatalf("%+v", c)
			}
		}
	})
}
