// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

// epoch is when every simulation begins: the clock then shows how long it took.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// player plays one rollout.
type player struct {
	scenario Scenario
	world    *model.World
	rnd      *rand.Rand
	faults   []Fault // those that are still to come
	counter  counter
	last     model.Pass
	since    time.Time // of the last decision's reason
	told     Line
	result   Result
}

// Play plays the scenario to its end.
func Play(ctx context.Context, scenario Scenario) (Result, error) {
	p := &player{scenario: scenario, faults: append([]Fault(nil), scenario.Faults...), rnd: rand.New(rand.NewPCG(scenario.Seed, 0))} //nolint:gosec // it is a simulation
	p.world = model.New(scenario.Target, scenario.Others, epoch)
	p.world.Stable = "stable"
	if err := p.world.Run(ctx, model.Forever, func(model.Pass) error { return nil }); err != nil {
		return Result{}, err
	}
	p.world.Startup = p.startup
	if scenario.Traffic.RPS > 0 {
		p.world.Samples = p.measure
	}
	p.counter = counter{traffic: scenario.Traffic, rnd: p.rnd, from: epoch, streams: map[string]*stream{}}
	p.say("a new template is pushed")
	p.world.Push(scenario.Wanted)
	if err := p.run(ctx); err != nil {
		return Result{}, err
	}
	p.end()
	return p.result, nil
}

// run lets time pass: from sample to sample, where requests are modelled.
func (p *player) run(ctx context.Context) error {
	interval := p.scenario.Traffic.Interval
	for until := epoch.Add(interval); p.scenario.Traffic.RPS > 0 && interval > 0; until = until.Add(interval) {
		if err := p.world.Run(ctx, until, p.pass); err != nil {
			return err
		}
		if p.world.AtRest() && p.over(until) {
			return nil
		}
		p.counter.sample(until)
		p.world.Wake()
	}
	return p.world.Run(ctx, model.Forever, p.pass)
}

// enough is how long it goes on when nothing but samples come.
const enough = time.Hour

// over reports that no sample will change anything.
func (p *player) over(now time.Time) bool {
	switch p.last.Decision.Phase {
	case rollout.Idle, rollout.Paused, rollout.RolledBack:
		p.counter.sample(p.last.At)
		return true
	default:
		return now.Sub(p.since) > enough
	}
}

func (p *player) startup() time.Duration {
	r := p.scenario.Startup
	if r.Most <= r.Least {
		return r.Least
	}
	return r.Least + time.Duration(p.rnd.Int64N(int64(r.Most-r.Least)+1))
}

// pass is called after every look of Serin.
func (p *player) pass(pass model.Pass) error {
	if pass.Decision.Reason != p.last.Decision.Reason {
		p.since = pass.At
	}
	p.last = pass
	p.counter.shared(pass.At, share(pass.Snapshot))
	p.judge(pass)
	p.report(pass)
	p.strike(pass)
	if pass.Decision.Reason == "StepPaused" {
		p.say(fmt.Sprintf("a person passes the step at %s", pass.Decision.Memo.Weight))
		p.world.Annotate(annotations.Promote, string(rollout.PromoteStep))
	}
	return nil
}

// measure answers what is asked of the requests, and says what cannot be.
func (p *player) measure(q measure.Question) measure.Answer {
	for _, check := range q.Checks {
		if check.Query != "" && p.counter.streams[check.Name] == nil {
			p.say(fmt.Sprintf("check %s asks PromQL, which nobody answers here: it is taken to be good", check.Name))
		}
	}
	return p.counter.answer(q)
}

// judge takes down what was thought of the canary, and when it was found to be bad.
func (p *player) judge(pass model.Pass) {
	if checks := pass.Snapshot.Verdict.Checks; len(checks) > 0 {
		p.result.Checks = checks
	}
	if pass.Decision.Reason == "AnalysisFailed" && p.result.Detected == nil {
		took := Seconds(pass.At.Sub(p.counter.began))
		p.result.Detected = &took
	}
}

// share is the canary's share of the requests.
func share(s rollout.Snapshot) float64 {
	if s.Routes.Ours || s.Memo.Mode == rollout.Istio {
		return float64(s.Routes.Weight) / float64(rollout.Full)
	}
	if s.Canary.Available+s.Stable.Available+s.Judged.Available == 0 {
		return 0
	}
	return float64(s.Canary.Available+s.Judged.Available) / float64(s.Canary.Available+s.Stable.Available+s.Judged.Available)
}

// due reports whether the weight that it waits for is there, or the bake.
func (f Fault) due(memo rollout.Memo, bakes bool) bool {
	return memo.Weight > 0 && memo.Weight >= f.At && !memo.Promoting && (bakes || !f.Bake)
}

// strike does what is due at the weight that the canary has.
func (p *player) strike(pass model.Pass) {
	memo := pass.Decision.Memo
	bakes := !rollout.BakesUntil(pass.Snapshot.Plan, memo).IsZero()
	var later []Fault
	for _, fault := range p.faults {
		if !fault.due(memo, bakes) {
			later = append(later, fault)
			continue
		}
		switch fault.What {
		case Crash:
			p.say("the canary's pods begin to crash")
			p.world.Ails = model.Crashing
		case NotReady:
			p.say("the canary's pods are no longer ready")
			p.world.Ails = model.Unready
		case Abort:
			p.say("a person asks to roll back")
			p.world.Annotate(annotations.Abort, "true")
		case Rescaled:
			p.say(fmt.Sprintf("the Deployment is scaled to %d", fault.Size))
			p.world.Scale(fault.Size)
		}
	}
	p.faults = later
}

// say adds a line of somebody else.
func (p *player) say(message string) {
	p.result.Lines = append(p.result.Lines, Line{After: Seconds(p.world.Now.Sub(epoch)), Message: message})
}

// report adds a line where the controller would write one to its log and an Event.
func (p *player) report(pass model.Pass) {
	d := pass.Decision
	if !pass.Changes.Any() || (d.Quiet && !pass.Changes.Told) {
		return
	}
	line := Line{Seconds(pass.At.Sub(epoch)), d.Reason, d.Phase, d.Memo.Weight.String(), d.Message}
	if same := p.told; same.Reason == line.Reason && same.Message == line.Message {
		return
	}
	p.told = line
	p.result.Lines = append(p.result.Lines, line)
}

func (p *player) end() {
	d := p.last.Decision
	p.result.Took = Seconds(p.last.At.Sub(epoch))
	p.result.Stable, p.result.Canary = p.counter.stable, p.counter.canary
	p.result.Reason, p.result.Message = d.Reason, d.Message
	switch d.Phase {
	case rollout.Idle:
		p.result.Outcome, p.result.Reason, p.result.Message = Promoted, p.told.Reason, p.told.Message
	case rollout.RolledBack:
		p.result.Outcome = RolledBack
	default:
		p.result.Outcome = Waiting
	}
	for _, fault := range p.faults {
		place := fmt.Sprintf("the weight of %s was", fault.At)
		if fault.Bake {
			place = "a bake was"
		}
		p.say(fmt.Sprintf("%s not reached, so this did not happen: %s", place, fault.What))
	}
}
