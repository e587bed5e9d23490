// SPDX-License-Identifier: Apache-2.0

package annotations_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

func FuzzSteps(f *testing.F) {
	for _, seed := range []string{"5,10,25,50,100", "5, 25:10m, 50:pause, 100", "0.5%", "10,5", "5:soon", ",", "99.9:168h"} {
		f.Add(seed, "1m")
	}
	f.Add("50", "-1ns")
	f.Fuzz(func(t *testing.T, steps, hold string) {
		given := map[string]string{annotations.Steps: steps, annotations.Hold: hold}
		plan, problems := annotations.Read(given)
		checkPlan(t, plan)
		checkProblems(t, given, problems)
		if len(problems) > 0 {
			return
		}
		again, problems := annotations.Read(map[string]string{annotations.Steps: write(plan.Steps)})
		if len(problems) > 0 || !slices.Equal(again.Steps, plan.Steps) {
			t.Errorf("%q reads as %v, which reads as %v, %v", steps, plan.Steps, again.Steps, problems)
		}
	})
}

// write is the inverse of reading steps.
func write(steps []rollout.Step) string {
	var parts []string
	for _, step := range steps {
		hold := step.Hold.String()
		if step.Pause {
			hold = "pause"
		}
		parts = append(parts, step.Weight.String()+":"+hold)
	}
	return strings.Join(parts, ",")
}

func FuzzRead(f *testing.F) {
	for _, key := range annotations.Keys {
		f.Add(key.Name, key.Default, "serin.dev/pasued", "true")
		f.Add(key.Name, key.Example, annotations.Rollout, "{}")
	}
	f.Fuzz(func(t *testing.T, key1, value1, key2, value2 string) {
		given := map[string]string{key1: value1, key2: value2}
		plan, problems := annotations.Read(given)
		checkPlan(t, plan)
		checkProblems(t, given, problems)
		again, repeated := annotations.Read(given)
		if !reflect.DeepEqual(plan, again) || !slices.Equal(problems, repeated) {
			t.Errorf("two readings of %v differ", given)
		}
	})
}

// checkPlan holds every plan, that of a mistake included, to what rollout
// relies on.
func checkPlan(t *testing.T, plan rollout.Plan) {
	t.Helper()
	last := rollout.Weight(0)
	for _, step := range plan.Steps {
		if step.Weight <= last || step.Hold < 0 {
			t.Errorf("steps do not rise or hold: %v", plan.Steps)
		}
		last = step.Weight
	}
	if last != rollout.Full {
		t.Errorf("the last step is %s", last)
	}
	if plan.Hold < 0 || plan.Deadline < time.Second || plan.Settle < 0 || plan.MaxRestarts < 0 {
		t.Errorf("a bound is negative: %+v", plan)
	}
	if c := plan.CanaryReplicas; c.Number < 0 || c.Percent < 0 || c.Percent > 100 || c.Number > 0 && c.Percent > 0 {
		t.Errorf("no number of pods: %+v", c)
	}
	if !slices.Contains([]rollout.Mode{rollout.Auto, rollout.Istio, rollout.Replicas}, plan.Traffic) {
		t.Errorf("no mode to ask for: %s", plan.Traffic)
	}
}

func checkProblems(t *testing.T, given map[string]string, problems []rollout.Problem) {
	t.Helper()
	last := ""
	for _, problem := range problems {
		key := ""
		for name := range given { // the longest, because a key of fuzz may itself contain ": "
			if strings.HasPrefix(problem.Message, name+": ") && len(name) > len(key) {
				key = name
			}
		}
		if !strings.HasPrefix(key, annotations.Prefix) {
			t.Errorf("not about a key that was given: %s", problem.Message)
		}
		if key < last {
			t.Errorf("not sorted: %v", problems)
		}
		last = key
		if problem.Reason != rollout.InvalidAnnotations {
			t.Errorf("reason %s", problem.Reason)
		}
	}
}

func FuzzMemo(f *testing.F) {
	f.Add(`{"stable":"a","started":"2026-03-01T12:00:30.5Z","weight":250,"passed":50,"full":true,"size":3}`)
	f.Add(`{"ending":"reject","reason":"CrashLoop","message":"pod a: b","generation":7,"armed":true}`)
	f.Add(`{"since":"2026-03-01T12:00:00+05:00","new":1}`)
	f.Add(`{"weight":-1}`)
	f.Fuzz(func(t *testing.T, text string) {
		memo, err := annotations.ReadMemo(text)
		if err != nil {
			if memo != (rollout.Memo{}) {
				t.Errorf("an error and a memo: %+v", memo)
			}
			return
		}
		written := annotations.WriteMemo(memo)
		again, err := annotations.ReadMemo(written)
		if err != nil || again != memo || annotations.WriteMemo(again) != written {
			t.Errorf("%q reads as %+v, is written as %s and reads as %+v, %v", text, memo, written, again, err)
		}
	})
}
