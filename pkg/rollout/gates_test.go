// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

func TestWhichGatesAreDue(t *testing.T) {
	started := rollout.Memo{UID: "u", Stable: "v1", Started: epoch, Mode: rollout.Istio}
	for name, test := range map[string]struct {
		change func(*rollout.Memo)
		want   []rollout.When
	}{
		"at rest":                   {func(m *rollout.Memo) { m.Started = time.Time{} }, nil},
		"before the first traffic":  {nil, []rollout.When{rollout.BeforeTraffic, rollout.BeforeStep}},
		"in a step":                 {func(m *rollout.Memo) { m.Weight = 250 }, []rollout.When{rollout.BeforeStep}},
		"in the last step":          {func(m *rollout.Memo) { m.Weight = rollout.Full }, []rollout.When{rollout.BeforePromotion}},
		"steps were waived":         {func(m *rollout.Memo) { m.Weight, m.Full = 250, true }, nil},
		"going back":                {func(m *rollout.Memo) { m.Weight, m.Ending = 250, rollout.Reject }, nil},
		"promoting":                 {func(m *rollout.Memo) { m.Weight, m.Promoting = rollout.Full, true }, []rollout.When{rollout.AfterPromotion}},
		"promoting what was waived": {func(m *rollout.Memo) { m.Promoting, m.Full = true, true }, []rollout.When{rollout.AfterPromotion}},
		"promoted":                  {func(m *rollout.Memo) { m.Ending = rollout.Finished }, []rollout.When{rollout.AfterPromotion}},
	} {
		t.Run(name, func(t *testing.T) {
			memo := started
			if test.change != nil {
				test.change(&memo)
			}
			if got := memo.Due(); !slices.Equal(got, test.want) {
				t.Errorf("due are %v, want %v", got, test.want)
			}
		})
	}
}

func TestWhatGatesSaidIsNotedForTheirPointOnly(t *testing.T) {
	s := passed()
	gates(rollout.GatePassed, rollout.GateFailed, rollout.GatePending)(&s)
	s.Gates[1].Holds = true
	d := rollout.Decide(s)
	if !d.Ask || d.Phase != rollout.Paused {
		t.Errorf("decided %+v", d)
	}
	for name, want := range map[string]rollout.GateState{"a": rollout.GatePassed, "b": rollout.GateFailed, "c": ""} {
		if got, waived := d.Memo.GateNoted(name); got != want || waived {
			t.Errorf("of %s is noted %q (waived %t), want %q", name, got, waived, want)
		}
	}
	later := d.Memo
	later.Since = later.Since.Add(time.Second)
	if got, _ := later.GateNoted("a"); got != "" {
		t.Errorf("at another point %q is noted", got)
	}
	byStep(&s)
	d = rollout.Decide(s)
	if got, waived := d.Memo.GateNoted("c"); got != rollout.GatePassed || !waived || !d.Consume {
		t.Errorf("a person passed the gates, and noted is %q (waived %t): %+v", got, waived, d)
	}
}

func TestWhatGatesSayIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		from    func() rollout.Snapshot
		gate    rollout.Gate
		words   string
		warning bool
	}{
		"waiting":            {passed, rollout.Gate{Name: "smoke", State: rollout.GatePending, Words: "Job shop-smoke-1"}, "waits for gate smoke: Job shop-smoke-1", false},
		"stuck":              {passed, rollout.Gate{Name: "board", State: rollout.GatePending, Stuck: true, Words: "Secret web/board does not exist"}, "Secret web/board does not exist", true},
		"failed":             {passed, rollout.Gate{Name: "board", State: rollout.GateFailed, Words: "answered 409: frozen"}, "gate board failed: answered 409: frozen", true},
		"its words are gone": {passed, rollout.Gate{Name: "board", State: rollout.GateFailed, Holds: true}, "gate board failed (held: annotate", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.from()
			s.Gates = []rollout.Gate{test.gate}
			if d := rollout.Decide(s); !strings.Contains(d.Message, test.words) || d.Warning != test.warning {
				t.Errorf("told is %q (warning %t), want %q (%t)", d.Message, d.Warning, test.words, test.warning)
			}
		})
	}
}
