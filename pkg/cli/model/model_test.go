// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func target(status corev1.ConditionStatus, reason, message string, memo rollout.Memo) *appsv1.Deployment {
	d := &appsv1.Deployment{}
	d.Annotations = map[string]string{"serin.dev/canary": "true", "serin.dev/steps": "5,25,50:pause", "serin.dev/hold": "1m", annotations.Rollout: annotations.WriteMemo(memo)}
	if status != "" {
		d.Status.Conditions = []appsv1.DeploymentCondition{{Type: annotations.ConditionPromoted, Status: status, Reason: reason, Message: message}}
	}
	return d
}

func under(weight rollout.Weight) rollout.Memo {
	return rollout.Memo{Stable: "one", Started: now, Since: now, Mode: rollout.Istio, Weight: weight}
}

func TestAdviceIsTheTables(t *testing.T) {
	for reason, want := range map[rollout.Reason]string{
		"Holding":         `Wait, or annotate serin.dev/promote: "step".`,
		rollout.CrashLoop: "Read the message and kubectl logs --previous of the pod that it names.",
		rollout.Forbidden: "Grant what the message names; the manifests in deploy/ have all of them.",
		"StepPassed":      "",
		"FromTheFuture":   "",
	} {
		if got := model.Advice(reason); got != want {
			t.Errorf("%s: %q, want %q", reason, got, want)
		}
	}
}

func TestPhase(t *testing.T) {
	with := func(change func(*rollout.Memo)) rollout.Memo {
		memo := under(250)
		change(&memo)
		return memo
	}
	for name, c := range map[string]struct {
		d    *appsv1.Deployment
		want rollout.Phase
	}{
		"nothing said":        {target("", "", "", rollout.Memo{}), ""},
		"at rest":             {target("True", "UpToDate", "", rollout.Memo{}), rollout.Idle},
		"in a step":           {target("Unknown", "Holding", "", under(250)), rollout.Progressing},
		"waiting for someone": {target("Unknown", "StepPaused", "", under(250)), rollout.Paused},
		"frozen by a failure": {target("Unknown", "CrashLoop", "", under(250)), rollout.Paused},
		"on its way back":     {target("Unknown", "CrashLoop", "", with(func(m *rollout.Memo) { m.Ending = rollout.Reject })), rollout.RollingBack},
		"let go":              {target("Unknown", "Promoting", "", with(func(m *rollout.Memo) { m.Promoting = true })), rollout.Promoting},
		"clearing up":         {target("Unknown", "RoutesRestored", "", with(func(m *rollout.Memo) { m.Ending = rollout.Finished })), rollout.Promoting},
		"rejected":            {target("False", "CrashLoop", "", rollout.Memo{Ending: rollout.Reject}), rollout.RolledBack},
		"a later word":        {target("Maybe", "FromTheFuture", "", under(250)), ""},
	} {
		if got := model.PhaseOf(c.d); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestMoves(t *testing.T) {
	back := under(250)
	back.Ending, back.Message = rollout.Reject, "a person asked for it"
	step := target("Unknown", "StepPassed", "from 5% to 25%", under(250))
	for name, c := range map[string]struct {
		before, after *appsv1.Deployment
		want          string // empty: nothing moved
	}{
		"the first word":           {nil, step, "Progressing at 25%: from 5% to 25% (StepPassed)"},
		"nothing new":              {step, step, ""},
		"nothing said":             {nil, target("", "", "", rollout.Memo{}), ""},
		"a weight without a word":  {target("Unknown", "StepPassed", "from 5% to 25%", under(50)), step, "Progressing at 25%: from 5% to 25%"},
		"going back without one":   {step, target("Unknown", "StepPassed", "from 5% to 25%", back), "RollingBack: goes back to stable: a person asked for it"},
		"a message of two lines":   {nil, target("Unknown", "StepPaused", "one\n two", under(500)), "Paused at 50%: one two (StepPaused)"},
		"the end of it":            {step, target("True", "Promoted", "done", rollout.Memo{Stable: "two"}), "Idle: done (Promoted)"},
		"a memo that says no more": {step, target("Unknown", "StepPassed", "from 5% to 25%", func() rollout.Memo { m := under(250); m.Passed = 250; return m }()), ""},
	} {
		move, moved := model.MoveBetween(c.before, c.after)
		if moved != (c.want != "") || (moved && move.String() != c.want) {
			t.Errorf("%s: %q (%t), want %q", name, move, moved, c.want)
		}
	}
}

func TestSilence(t *testing.T) {
	for name, c := range map[string]struct {
		d     *appsv1.Deployment
		after time.Duration // since the last word
		want  bool
	}{
		"nobody has answered yet":             {target("", "", "", rollout.Memo{}), 20 * time.Second, false},
		"nobody has answered for long":        {target("", "", "", rollout.Memo{}), 30 * time.Second, true},
		"it holds":                            {target("Unknown", "StepPassed", "", under(250)), 80 * time.Second, false},
		"the hold is over for long":           {target("Unknown", "StepPassed", "", under(250)), 95 * time.Second, true},
		"it waits for a person":               {target("Unknown", "StepPaused", "", under(500)), time.Hour, false},
		"it should say that it waits for one": {target("Unknown", "StepPassed", "", under(500)), time.Minute, true},
		"it waits for pods":                   {target("Unknown", "CanaryNotAvailable", "", under(250)), time.Hour, false},
		"it has begun and does nothing":       {target("Unknown", "NewTemplate", "", under(0)), time.Minute, true},
		"it was rejected":                     {target("False", "CrashLoop", "", rollout.Memo{Ending: rollout.Reject}), time.Hour, false},
	} {
		if got := model.Silent(model.Objects{Target: c.d}, now, now.Add(c.after)); got != c.want {
			t.Errorf("%s: silent %t, want %t", name, got, c.want)
		}
	}
}
