// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

// overdone is a bake whose time is over.
func overdone(s *rollout.Snapshot) { s.Memo.Bake = epoch.Add(-time.Minute) }

func unbaked(s *rollout.Snapshot) { s.Memo.Bake = time.Time{} }

var bakeRows = map[string]row{
	"a bake begins after the last step":             {baking, unbaked, "Baking", rollout.Progressing},
	"a bake begins in what an older Serin began":    {baking, also(unbaked, func(s *rollout.Snapshot) { s.Memo.Since = epoch.Add(-24 * time.Hour) }), "Baking", rollout.Progressing},
	"a bake begins after the hold of the last step": {baking, also(unbaked, func(s *rollout.Snapshot) { s.Memo.Since = epoch.Add(-8 * time.Second) }), "Holding", rollout.Progressing},
	"a bake begins after the last step's person":    {baking, also(unbaked, func(s *rollout.Snapshot) { s.Plan.Steps[3].Pause = true }), "StepPaused", rollout.Paused},
	"a bake begins after the last step's evidence":  {baking, also(unbaked, unmeasured("", time.Second)), "AnalysisInconclusive", rollout.Progressing},
	"a bake lasts":                                  {baking, nil, "Baking", rollout.Progressing},
	"a bake ends with the promotion":                {baking, overdone, "AllStepsPassed", rollout.Promoting},
	"a bake is not passed with the step before it":  {baking, func(s *rollout.Snapshot) { s.Memo.Passed = rollout.Full }, "Baking", rollout.Progressing},
	"a person who waived the steps waived the bake": {baking, also(unbaked, func(s *rollout.Snapshot) { s.Memo.Full = true }), "AllStepsPassed", rollout.Promoting},
	"a person ends a bake":                          {baking, byStep, "PromoteRequested", rollout.Progressing},
	"a bake that a person ended is over":            {baking, func(s *rollout.Snapshot) { s.Memo.Baked, s.Memo.Passed = true, rollout.Full }, "AllStepsPassed", rollout.Promoting},
	"a pause holds a bake":                          {baking, also(overdone, func(s *rollout.Snapshot) { s.Plan.Paused = true }), "PauseRequested", rollout.Paused},
	"a pod that fails in a bake rolls back":         {baking, crash, rollout.CrashLoop, rollout.RollingBack},
	"a check that fails in a bake rolls back": {baking, func(s *rollout.Snapshot) {
		s.Verdict = analysis.Verdict{Outcome: analysis.Failed, Evidence: "20 of 100 requests failed"}
	}, "AnalysisFailed", rollout.RollingBack},
	"a failure in a bake freezes where that is wanted":                 {baking, also(crash, func(s *rollout.Snapshot) { s.Plan.PauseOnFailure = true }), rollout.CrashLoop, rollout.Paused},
	"an abort in a bake rolls back":                                    {baking, func(s *rollout.Snapshot) { s.Plan.Abort = true }, "AbortRequested", rollout.RollingBack},
	"another template in a bake supersedes":                            {baking, func(s *rollout.Snapshot) { s.Target.WantsCanary = false }, "Superseded", rollout.RollingBack},
	"stable's template in a bake cancels":                              {baking, func(s *rollout.Snapshot) { s.Target.WantsStable, s.Target.WantsCanary = true, false }, "Cancelled", rollout.RollingBack},
	"an opt-out in a bake rolls back":                                  {baking, func(s *rollout.Snapshot) { s.Target.OptedIn = false }, "OptedOut", rollout.RollingBack},
	"a bake that was taken away is over":                               {baking, func(s *rollout.Snapshot) { s.Plan.Bake = 0 }, "AllStepsPassed", rollout.Promoting},
	"a bake that was shortened is over":                                {baking, func(s *rollout.Snapshot) { s.Plan.Bake = 10 * time.Second }, "AllStepsPassed", rollout.Promoting},
	"a bake that was prolonged lasts":                                  {baking, also(overdone, func(s *rollout.Snapshot) { s.Plan.Bake = time.Hour }), "Baking", rollout.Progressing},
	"a bake that is wished during the promotion is too late":           {promotion, func(s *rollout.Snapshot) { s.Plan.Bake = time.Hour }, "Promoting", rollout.Promoting},
	"a bake does not wait for data in its time":                        {baking, unmeasured(analysis.NoDataRollback, time.Second), "Baking", rollout.Progressing},
	"a bake waits for data at its end":                                 {baking, also(overdone, unmeasured("", time.Hour)), "AnalysisInconclusive", rollout.Progressing},
	"missing data at the end of a bake roll back where that is wished": {baking, also(overdone, unmeasured(analysis.NoDataRollback, time.Minute)), "NoData", rollout.RollingBack},
	"missing data end a bake where that is wished":                     {baking, also(overdone, unmeasured(analysis.NoDataProceed, time.Minute)), "NoData", rollout.Progressing},
	"a bake waits for data though its step did not":                    {baking, also(overdone, unmeasured("", time.Second), func(s *rollout.Snapshot) { s.Memo.Passed = rollout.Full }), "AnalysisInconclusive", rollout.Progressing},
	"requests that go elsewhere keep a bake":                           {baking, also(overdone, func(s *rollout.Snapshot) { s.Seen.Off = "5 of 100 requests" }), "ShareNotSeen", rollout.Progressing},
	"requests that follow late begin no bake again":                    {baking, also(overdone, func(s *rollout.Snapshot) { s.Seen.Since = epoch.Add(-time.Second) }), "AllStepsPassed", rollout.Promoting},
	"a gate before the promotion is not asked in a bake":               {baking, gates(""), "Baking", rollout.Progressing},
	"a gate before the promotion is asked after the bake":              {baking, also(overdone, gates("")), "GateWaiting", rollout.Progressing},
	"a bake that comes while gates stand is first":                     {baking, also(unbaked, gates(rollout.GatePending)), "Baking", rollout.Progressing},
	"a canary that lost a pod in a bake waits":                         {baking, func(s *rollout.Snapshot) { s.Canary.Available = 3 }, "CanaryNotAvailable", rollout.Progressing},
	"a canary that lacks a pod for long loses weight in a bake": {baking, func(s *rollout.Snapshot) {
		s.Canary.Available = 3
		s.Waiting = rollout.Waiting{Reason: "CanaryNotAvailable", Since: epoch.Add(-30 * time.Second)}
	}, "CanaryLost", rollout.Progressing},
	"a canary grows with its target in a bake":   {baking, func(s *rollout.Snapshot) { s.Target.Replicas = 6 }, "CanaryNotAvailable", rollout.Progressing},
	"weights that were lost in a bake come back": {baking, func(s *rollout.Snapshot) { s.Routes.Weight = 500 }, "WeightNotApplied", rollout.Progressing},
	"a last step that began anew bakes anew":     {baking, also(overdone, func(s *rollout.Snapshot) { s.Memo.Since = epoch.Add(-16 * time.Second) }), "Baking", rollout.Progressing},
}

func TestTheClockOfABakeIsTheMemos(t *testing.T) {
	s := baking()
	unbaked(&s)
	began := rollout.Decide(s)
	if !began.Memo.Bake.Equal(s.Now) || began.Quiet || began.Recheck != time.Minute {
		t.Fatalf("the bake begins with %+v", began)
	}
	s.Memo, s.Now = began.Memo, s.Now.Add(59*time.Second)
	s.Routes.Since, s.Routes.Served, s.Routes.Asked = s.Now.Add(-5*time.Second), s.Now.Add(-5*time.Second), true // as a controller sees them that has just started
	if d := rollout.Decide(s); d.Reason != "Baking" || d.Recheck != time.Second || d.Memo != began.Memo {
		t.Errorf("a second before its end: %+v", d)
	}
	if s.Now = s.Now.Add(time.Second); rollout.Decide(s).Reason != "AllStepsPassed" {
		t.Errorf("at its end: %+v", rollout.Decide(s))
	}
}

func TestABakeIsAnotherPointForGates(t *testing.T) {
	s := full()
	gates(rollout.GatePassed, rollout.GatePending)(&s)
	memo := rollout.Decide(s).Memo
	if state, _ := memo.GateNoted("a"); state != rollout.GatePassed {
		t.Fatalf("before the bake is noted %q", state)
	}
	memo.Bake = epoch.Add(time.Second)
	if state, _ := memo.GateNoted("a"); state != "" {
		t.Errorf("what passed before the bake counts after it: %q", state)
	}
}

func TestABakeSaysWhatIsKept(t *testing.T) {
	for name, test := range map[string]struct {
		but  func(*rollout.Snapshot)
		want string
	}{
		"by routes": {nil, "baking until 12:00:40 UTC: everybody is on the canary; stable's 4 pods stay at weight 0 for a return by one write of the routes"},
		"by the ratio of pods": {func(s *rollout.Snapshot) {
			s.Memo.Mode, s.Memo.Size, s.Memo.Lowered, s.Target.Replicas = rollout.Replicas, 4, 1, 1
		}, "4 canary pods beside 1 pod of stable, as the ratio of pods allows; a return brings stable's 4 back first"},
		"beside an autoscaler": {func(s *rollout.Snapshot) { s.Memo.Mode = rollout.Surge }, "4 canary pods beside stable's 4 pods"},
		"for days":             {func(s *rollout.Snapshot) { s.Plan.Bake = 48 * time.Hour }, "baking until 2026-01-04 11:59:40 UTC"},
	} {
		t.Run(name, func(t *testing.T) {
			s := baking()
			if test.but != nil {
				test.but(&s)
			}
			if d := rollout.Decide(s); d.Reason != "Baking" || !strings.Contains(d.Message, test.want) {
				t.Errorf("%s says %q, want %q", d.Reason, d.Message, test.want)
			}
		})
	}
}

func TestWhatABakeCannotKeepIsSaid(t *testing.T) {
	long := rollout.Plan{Bake: 2 * time.Hour}
	for name, test := range map[string]struct {
		plan   rollout.Plan
		mode   rollout.Mode
		scaled bool
		words  string // of the only note; empty: there is none
	}{
		"no bake":                         {rollout.Plan{}, rollout.Replicas, true, ""},
		"by routes":                       {long, rollout.Istio, false, ""},
		"by routes, beside an autoscaler": {long, rollout.Istio, true, "stabilizationWindowSeconds of 3600 or more"},
		"by the ratio of pods":            {long, rollout.Replicas, false, "a return first brings stable's pods back"},
		"beside an autoscaler":            {long, rollout.Surge, true, "stable goes on serving its part"},
	} {
		t.Run(name, func(t *testing.T) {
			notes := rollout.BakeNotes(test.plan, test.mode, test.scaled)
			if test.words == "" && len(notes) == 0 {
				return
			}
			if len(notes) != 1 || test.words == "" || !strings.Contains(notes[0], test.words) {
				t.Errorf("said is %q, want %q", notes, test.words)
			}
		})
	}
}

func bake(d time.Duration) func(*world) {
	return func(w *world) { w.annotate("bake "+d.String(), func(p *rollout.Plan) { p.Bake = d }) }
}

// wished is a plan that bakes for a minute.
func wished(w *world) { w.plan.Bake = time.Minute }

// bakes: for so many seconds.
func bakes(seconds int) func(*world) bool {
	return func(w *world) bool {
		return !w.memo.Bake.IsZero() && w.now.Sub(w.memo.Bake) >= time.Duration(seconds)*time.Second
	}
}

// bakeJourneys are whole rollouts with a bake; the keys name their transcripts.
func bakeJourneys() map[string]journey {
	mesh := func(ends ending, events ...event) journey { return meshed(ends, events...).with(wished) }
	ratio := func(mode rollout.Mode, n int, ends ending, events ...event) journey {
		return byPods(mode, n, ends, events...).with(wished)
	}
	return map[string]journey{
		"bake":                        mesh(promoted),
		"bake-fails":                  mesh(undone, event{bakes(20), failing}),
		"bake-aborted":                mesh(undone, event{bakes(20), abort}),
		"bake-ended-by-a-person":      mesh(promoted, event{bakes(20), promoteStep}),
		"bake-waived-in-it":           mesh(promoted, event{bakes(20), promoteFull}),
		"bake-waived-before-it":       mesh(promoted, event{weight(25), promoteFull}),
		"bake-paused-past-its-end":    mesh(promoted, event{bakes(20), pause}, event{bakes(90), resume}),
		"bake-superseded":             mesh(replaced, event{bakes(20), push("v3")}),
		"bake-reverted":               mesh(asBefore, event{bakes(20), push("v1")}),
		"bake-opt-out":                mesh(promoted, event{bakes(20), optOut}),
		"bake-added-in-the-last-step": meshed(promoted, event{weight(100), bake(30 * time.Second)}),
		"bake-removed-in-it":          mesh(promoted, event{bakes(20), bake(0)}),
		"bake-shortened-in-it":        mesh(promoted, event{bakes(20), bake(30 * time.Second)}),
		"bake-restart":                mesh(promoted, event{bakes(20), restart}, event{bakes(40), restart}),
		"bake-scaled-up":              mesh(sized(promoted, 6), event{bakes(20), scale(6)}),
		"bake-scaled-down":            mesh(sized(promoted, 2), event{bakes(20), scale(2)}),
		"bake-loses-a-pod":            mesh(promoted, event{bakes(20), loseCanary(1)}),
		"bake-loses-most-pods":        mesh(promoted, event{bakes(20), loseCanary(3)}),
		"bake-freezes-then-promoted":  mesh(promoted, event{bakes(20), failing}, event{after(20), promoteStep}).with(func(w *world) { wished(w); freeze(w) }),
		"bake-freezes-then-aborted":   mesh(undone, event{bakes(20), failing}, event{after(20), abort}).with(func(w *world) { wished(w); freeze(w) }),
		"bake-before-gates": mesh(promoted).with(func(w *world) {
			wished(w)
			gated(&gate{name: "board", when: rollout.BeforePromotion}, &gate{name: "report", when: rollout.AfterPromotion})(w)
		}),
		"bake-added-while-gates-wait": meshed(promoted, event{atGate, bake(20 * time.Second)}).with(gated(&gate{name: "board", when: rollout.BeforePromotion, takes: 10 * time.Second, job: true})),
		"bake-by-ratio":               ratio(rollout.Replicas, 4, promoted),
		"bake-by-ratio-fails":         ratio(rollout.Replicas, 4, undone, event{bakes(20), failing}),
		"bake-by-ratio-restart":       ratio(rollout.Replicas, 10, promoted, event{bakes(20), restart}),
		"bake-surge":                  ratio(rollout.Surge, 4, promoted),
		"bake-surge-scaled-up":        ratio(rollout.Surge, 4, sized(promoted, 8), event{bakes(20), scale(8)}),
		"bake-surge-aborted":          ratio(rollout.Surge, 4, undone, event{bakes(20), abort}),
	}
}
