// SPDX-License-Identifier: Apache-2.0

package annotations_test

import (
	"slices"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

func TestSteps(t *testing.T) {
	minute := time.Minute
	for name, test := range map[string]struct {
		value string
		want  []rollout.Step
	}{
		"one weight gets the last step":    {"10", []rollout.Step{{Weight: 100, Hold: minute}, {Weight: 1000}}},
		"100 alone":                        {"100", []rollout.Step{{Weight: 1000, Hold: minute}}},
		"tenths of a percent":              {"0.5,99.9", []rollout.Step{{Weight: 5, Hold: minute}, {Weight: 999, Hold: minute}, {Weight: 1000}}},
		"percent signs and spaces":         {" 5 % , 25% : 10m ,100 %", []rollout.Step{{Weight: 50, Hold: minute}, {Weight: 250, Hold: 10 * minute}, {Weight: 1000, Hold: minute}}},
		"a pause is a hold of its own":     {"50:pause,100", []rollout.Step{{Weight: 500, Pause: true}, {Weight: 1000, Hold: minute}}},
		"a pause before promotion":         {"50, 100 : pause", []rollout.Step{{Weight: 500, Hold: minute}, {Weight: 1000, Pause: true}}},
		"a step that does not hold":        {"50:0s,100:0s", []rollout.Step{{Weight: 500}, {Weight: 1000}}},
		"a trailing zero is the same":      {"5.0,100.0", []rollout.Step{{Weight: 50, Hold: minute}, {Weight: 1000, Hold: minute}}},
		"steps a tenth apart still rise":   {"5,5.1", []rollout.Step{{Weight: 50, Hold: minute}, {Weight: 51, Hold: minute}, {Weight: 1000}}},
		"line breaks of a block in a YAML": {"5,\n  50:2m,\n  100\n", []rollout.Step{{Weight: 50, Hold: minute}, {Weight: 500, Hold: 2 * minute}, {Weight: 1000, Hold: minute}}},
	} {
		t.Run(name, func(t *testing.T) {
			plan, problems := annotations.Read(map[string]string{annotations.Steps: test.value})
			if len(problems) > 0 {
				t.Errorf("problems: %v", problems)
			}
			if !slices.Equal(plan.Steps, test.want) {
				t.Errorf("got %v, want %v", plan.Steps, test.want)
			}
		})
	}
}

func TestStepsRefused(t *testing.T) {
	const notWeight = " is not a weight; write percent with at most one decimal, for example 5 or 0.5"
	for name, test := range map[string]struct{ value, want string }{
		"weights fall":          {"10,5", "weight 5 comes after 10; weights must rise"},
		"a weight comes twice":  {"5,5.0", "weight 5 comes after 5; weights must rise"},
		"no weight is no step":  {"0,50", `weight "0" is out of range; write a weight above 0 and at most 100`},
		"more than all":         {"100.1", `weight "100.1" is out of range; write a weight above 0 and at most 100`},
		"a negative weight":     {"-5", `"-5"` + notWeight},
		"hundredths":            {"0.25", `"0.25"` + notWeight},
		"no digit before point": {".5", `".5"` + notWeight},
		"an exponent":           {"1e1", `"1e1"` + notWeight},
		"a hold alone":          {":5m", `""` + notWeight},
		"an empty hold":         {"5:", `the hold of step 5: "" is not a duration; write for example 5m or 1h30m, or pause to wait for a person`},
		"two holds":             {"5:1m:2m", `the hold of step 5: "1m:2m" is not a duration; write for example 5m or 1h30m, or pause to wait for a person`},
		"a negative hold":       {"5:-1ns", `the hold of step 5: "-1ns" is outside of the range from 0s to 168h; write for example 5m or 1h30m, or pause to wait for a person`},
		"a lone comma":          {"5,,50", "a step is empty; remove the comma that has no weight, as in 5,25,50,100"},
		"semicolons":            {"5;25", `"5;25"` + notWeight},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := annotations.Read(map[string]string{annotations.Steps: test.value})
			want := annotations.Steps + ": " + test.want
			if len(problems) != 1 || problems[0].Message != want {
				t.Errorf("got %v, want %s", problems, want)
			}
		})
	}
}
