// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

var began = time.Date(2026, 5, 4, 12, 0, 0, 123456789, time.UTC)

func at(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }

// told is an instant, as entries keep it.
func told(seconds int) time.Time { return at(seconds).Truncate(time.Millisecond) }

var (
	one  = record.Revision{Number: "1", Hash: "h1", Images: []string{"shop:v1"}}
	two  = record.Revision{Images: []string{"shop:v2"}}
	new2 = record.Revision{Number: "2", Hash: "h2", Images: []string{"shop:v2"}}
)

// play tells decisions one after the other, each on the memo that the one
// before left.
type play struct {
	t     *testing.T
	memo  rollout.Memo
	turn  record.Turn
	filed []record.Rollout
}

func (p *play) decide(seconds int, d rollout.Decision, f record.Facts) {
	p.t.Helper()
	s := rollout.Snapshot{Now: at(seconds), Memo: p.memo, Verdict: analysis.NoChecks()}
	p.turn = record.Follow(p.turn.Journal, s, d, f)
	p.memo = d.Memo
	p.filed = append(p.filed, p.turn.Done...)
}

func TestARolloutBecomesARecord(t *testing.T) {
	p := &play{t: t}
	under := rollout.Memo{Stable: "h1", Started: began, Mode: rollout.Istio}
	step := under
	step.Weight, step.Since = 250, at(5)
	going := step
	going.Promoting = true
	ending := rollout.Memo{Stable: "h2", Started: began, Mode: rollout.Istio, Ending: rollout.Finished}
	facts := record.Facts{Stable: one, Wanted: two}
	p.decide(0, rollout.Decision{Phase: rollout.Progressing, Reason: "NewTemplate", Message: "goes out", Memo: under}, facts)
	if !p.turn.Journal.Underway() || !p.turn.Journal.Began.Equal(began) {
		t.Fatalf("the journal is %+v", p.turn.Journal)
	}
	p.decide(5, rollout.Decision{Phase: rollout.Progressing, Reason: "StepPassed", Message: "from 0% to 25%", Memo: step},
		record.Facts{Stable: one, Wanted: two, Wrote: []string{"DestinationRule shop-serin: created", "Deployment shop-canary: created with 1 pod", "DestinationRule shop-serin: created"}})
	p.decide(15, rollout.Decision{Phase: rollout.Progressing, Reason: "Holding", Message: "at 25%", Memo: step, Quiet: true}, facts)
	p.decide(25, rollout.Decision{Phase: rollout.Progressing, Reason: "Holding", Message: "at 25%, still", Memo: step, Quiet: true}, facts)
	p.decide(75, rollout.Decision{Phase: rollout.Promoting, Reason: "AllStepsPassed", Memo: going}, facts)
	p.decide(80, rollout.Decision{Phase: rollout.Promoting, Reason: "PromotionComplete", Memo: ending, Quiet: true}, facts)
	p.decide(90, rollout.Decision{Phase: rollout.Idle, Reason: "Promoted", Memo: rollout.Memo{Stable: "h2"}}, record.Facts{Stable: new2, Wanted: new2})
	if !p.turn.Journal.Began.IsZero() {
		t.Errorf("something is under way: %+v", p.turn.Journal)
	}
	want := []record.Rollout{{
		Began: began, Ended: told(90), Outcome: record.Promoted, Mode: rollout.Istio, From: one, To: new2,
		Entries: []record.Entry{
			{At: told(0), Phase: rollout.Progressing, Reason: "NewTemplate", Message: "goes out", Seconds: 5,
				Wrote: []string{"DestinationRule shop-serin: created", "Deployment shop-canary: created with 1 pod"}},
			{At: told(5), Phase: rollout.Progressing, Reason: "StepPassed", Message: "from 0% to 25%", Weight: 250, Seconds: 10},
			{At: told(15), Phase: rollout.Progressing, Reason: "Holding", Message: "at 25%, still", Weight: 250, Seconds: 60},
			{At: told(75), Phase: rollout.Promoting, Reason: "AllStepsPassed", Weight: 250, Seconds: 5},
			{At: told(80), Phase: rollout.Promoting, Reason: "PromotionComplete", Seconds: 10},
			{At: told(90), Phase: rollout.Idle, Reason: "Promoted"},
		},
	}}
	if diff := cmp.Diff(want, p.filed); diff != "" {
		t.Errorf("filed (-want +got):\n%s", diff)
	}
}

func TestHowRolloutsEnd(t *testing.T) {
	under := func(ending rollout.Ending) rollout.Memo {
		return rollout.Memo{Stable: "h1", Started: began, Ending: ending}
	}
	for name, test := range map[string]struct {
		before, after rollout.Memo
		want          record.Outcome
		begins        bool
	}{
		"rejected":                                {under(rollout.Reject), rollout.Memo{Ending: rollout.Reject}, record.RolledBack, false},
		"rejected, and tried again at once":       {under(rollout.Reject), rollout.Memo{Started: at(60)}, record.RolledBack, true},
		"the change was taken back":               {under(rollout.Cancel), rollout.Memo{Stable: "h1"}, record.Cancelled, false},
		"opted in again before it was let go":     {under(rollout.LetGo), rollout.Memo{Stable: "h1"}, record.Cancelled, false},
		"another template took its place":         {under(rollout.Restart), rollout.Memo{Started: at(60)}, record.Withdrawn, true},
		"the canary was lost in the promotion":    {under(""), rollout.Memo{}, record.Abandoned, false},
		"promoted, and the next began at the end": {under(rollout.Finished), rollout.Memo{Stable: "h1"}, record.Promoted, false},
	} {
		t.Run(name, func(t *testing.T) {
			journal := record.Rollout{Began: began, From: one, To: two, Entries: []record.Entry{{At: told(0), Reason: "NewTemplate"}}}
			s := rollout.Snapshot{Now: at(60), Memo: test.before}
			turn := record.Follow(journal, s, rollout.Decision{Reason: "End", Memo: test.after}, record.Facts{Stable: one, Wanted: two})
			if len(turn.Done) != 1 || turn.Done[0].Outcome != test.want || !turn.Done[0].Ended.Equal(told(60)) {
				t.Errorf("done: %+v, want the outcome %s", turn.Done, test.want)
			}
			if begins := turn.Journal.Began.Equal(at(60)) && len(turn.Journal.Entries) == 1; begins != test.begins {
				t.Errorf("the journal is %+v", turn.Journal)
			}
		})
	}
}

func TestAnOptOutForgets(t *testing.T) {
	turn := record.Follow(record.Rollout{Began: began}, rollout.Snapshot{Memo: rollout.Memo{Started: began}}, rollout.Decision{Forget: true}, record.Facts{})
	if diff := cmp.Diff(record.Turn{Forget: true}, turn); diff != "" {
		t.Error(diff)
	}
}

func TestAJournalThatWasLostBeginsAnew(t *testing.T) {
	s := rollout.Snapshot{Now: at(60), Memo: rollout.Memo{Started: began, Mode: rollout.Surge}}
	turn := record.Follow(record.Rollout{}, s, rollout.Decision{Reason: "StepPassed", Memo: s.Memo}, record.Facts{Stable: one, Wanted: two})
	if j := turn.Journal; !j.Began.Equal(began) || j.Mode != rollout.Surge || len(j.Entries) != 1 {
		t.Errorf("the journal is %+v", j)
	}
}

func TestAJournalWithoutItsMemoIsFiledOnce(t *testing.T) {
	journal := record.Rollout{Began: began, Entries: []record.Entry{{At: told(0), Reason: "NewTemplate"}}}
	resting := rollout.Snapshot{Now: at(60)}
	turn := record.Follow(journal, resting, rollout.Decision{Reason: "UpToDate"}, record.Facts{})
	if len(turn.Done) != 1 || turn.Done[0].Outcome != record.Abandoned || !turn.Journal.Began.IsZero() {
		t.Errorf("%+v", turn)
	}
	ended := journal
	ended.Outcome, ended.Ended = record.RolledBack, told(30) // it could not be filed then
	turn = record.Follow(ended, resting, rollout.Decision{Reason: "UpToDate"}, record.Facts{})
	if diff := cmp.Diff([]record.Rollout{ended}, turn.Done); diff != "" {
		t.Error(diff)
	}
}

func TestAWaitBeganBeforeItWasTold(t *testing.T) {
	s := rollout.Snapshot{Now: at(10), Memo: rollout.Memo{Started: began}, Waiting: rollout.Waiting{Reason: "Holding", Since: at(2)}}
	journal := record.Rollout{Began: began, Entries: []record.Entry{{At: told(0), Reason: "StepPassed"}}}
	turn := record.Follow(journal, s, rollout.Decision{Reason: "Holding", Memo: s.Memo, Quiet: true}, record.Facts{})
	if e := turn.Journal.Entries; len(e) != 2 || !e[1].At.Equal(told(2)) || e[0].Seconds != 2 {
		t.Errorf("entries: %+v", e)
	}
	s.Waiting.Since = at(-100) // by a clock that was put back
	turn = record.Follow(journal, s, rollout.Decision{Reason: "Holding", Memo: s.Memo, Quiet: true}, record.Facts{})
	if e := turn.Journal.Entries; len(e) != 2 || !e[1].At.Equal(told(0)) {
		t.Errorf("entries: %+v", e)
	}
}

func TestEvidenceIsToldOnce(t *testing.T) {
	for name, test := range map[string]struct {
		evidence, message, want string
	}{
		"where something is measured":   {"12 of 3000 failed", "the step passed", "12 of 3000 failed"},
		"not where the message says it": {"12 of 3000 failed", "12 of 3000 failed", ""},
		"not where nothing is measured": {analysis.NoChecks().Evidence, "the step passed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := rollout.Snapshot{Now: at(1), Memo: rollout.Memo{Started: began}, Verdict: analysis.Verdict{Evidence: test.evidence}}
			turn := record.Follow(record.Rollout{}, s, rollout.Decision{Reason: "StepPassed", Message: test.message, Memo: s.Memo}, record.Facts{})
			if got := turn.Journal.Entries[0].Evidence; got != test.want {
				t.Errorf("evidence %q, want %q", got, test.want)
			}
		})
	}
}

func TestCondemns(t *testing.T) {
	under := rollout.Memo{Started: began}
	back := rollout.Memo{Started: began, Ending: rollout.Reject}
	for name, test := range map[string]struct {
		before, after rollout.Memo
		want          bool
	}{
		"a rejection":                    {under, back, true},
		"what follows from it":           {back, back, false},
		"a rejection that is at its end": {back, rollout.Memo{Ending: rollout.Reject}, false},
		"a step":                         {under, under, false},
		"a change that was taken back":   {under, rollout.Memo{Started: began, Ending: rollout.Cancel}, false},
	} {
		if got := record.Condemns(rollout.Snapshot{Memo: test.before}, rollout.Decision{Memo: test.after}); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
