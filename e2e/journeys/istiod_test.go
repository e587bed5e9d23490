// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// halves is a plan of two steps, for journeys in which each step takes long.
var halves = with(brief, "serin.dev/steps", "50,100", "serin.dev/hold", hold.String())

// told is how long a wait lasts before the condition tells of it, and then some: a hold that is to be told of is longer.
const told = "20s"

// However long istiod takes, a hold begins when the clients have moved.
func TestSlowIstiod(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{time.Minute, 5 * time.Second, 0} {
		t.Run(fmt.Sprintf("%gs", delay.Seconds()), func(t *testing.T) {
			t.Parallel()
			plan := halves
			if delay == 0 {
				plan = with(halves, "serin.dev/hold", told)
			}
			p := ground(t, mesh, plan, fmt.Sprintf("With an istiod that is %gs late, no step's hold begins before the clients have really moved.", delay.Seconds()), ownerLabel, "own")
			p.patience += 6 * delay // as often it is awaited
			d := startIstiod(p, delay)
			p.controlled("--istiod=http://" + d.debug)
			p.build(4)
			p.deploy("v2")
			if delay == time.Minute {
				p.says("istiod does not serve the routes to shop."+p.namespace+".svc.cluster.local yet (seen at proxy clients."+p.namespace+")", "ProxiesLagging")
			}
			if delay == 0 {
				p.says("istiod knows that every connected proxy follows", "Holding")
			}
			p.promoted("v2")
			p.announced("StepPassed", "once every proxy follows")
			p.noneFailed()
			p.sharesAreTrue("v2")
			p.holdsBeganAfter("v2", delay)
		})
	}
}

// Where nobody can be asked, the settle time is what a hold relies on, and is said to be.
func TestIstiodNotAsked(t *testing.T) {
	t.Parallel()
	p := ground(t, mesh, with(halves, "serin.dev/hold", told, "serin.dev/settle", "3s"),
		"Without --istiod a hold begins after the settle time, and the condition says that proxies are only taken to follow.", ownerLabel, "own")
	p.controlled()
	p.build(4)
	p.deploy("v2")
	p.says("proxies are taken to follow within 3s", "Holding")
	p.promoted("v2")
	p.announced("StepPassed", ", held until ")
	p.noneFailed()
	p.sharesAreTrue("v2")
	p.holdsBeganAfter("v2", 0)
}

// stoppedFor is how long an istiod does nothing.
const stoppedFor = time.Minute

// lingering has a first step that is held for long enough to be told of: then the clients are known to have moved, and a hold is under way.
var lingering = with(plan, "serin.dev/steps", "25:"+told+",50,100")

// beforehand takes a rollout to the middle of its first hold.
func beforehand(t *testing.T, promise string) (*shop, *istiod) {
	t.Helper()
	p := ground(t, mesh, lingering, promise, ownerLabel, "own")
	d := startIstiod(p, 0)
	p.controlled("--istiod=http://" + d.debug)
	p.build(4)
	p.deploy("v2")
	p.says("istiod knows that every connected proxy follows", "Holding")
	return p, d
}

// An istiod that does nothing leaves clients where they are, whatever the routes say.
func TestIstiodStopped(t *testing.T) {
	t.Parallel()
	p, d := beforehand(t, "With istiod stopped for a minute nothing moves on a belief, and the condition says why; then the rollout goes on by itself.")
	from, to := p.whileStopped(d, func() {})
	p.promoted("v2")
	p.noneFailed()
	p.shareStayed("v2", from, to, 0.25)
	p.sharesAreTrue("v2")
	p.holdsBeganAfter("v2", 0)
	p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
}

// A rollback does not wait for istiod, but the pods that clients may still call do.
func TestIstiodStoppedWhileRollingBack(t *testing.T) {
	t.Parallel()
	p, d := beforehand(t, "With istiod stopped an abort sends everybody to stable at once, and no canary pod goes until the clients are known to have left.")
	from, to := p.whileStopped(d, func() {
		p.annotate("abort", "true")
		asked := time.Now()
		p.await("the routes to go back to stable", func(v journal.View) string {
			if weight, err := journal.WeightIn(v.Routes(app)); err != nil || weight != 0 {
				return fmt.Sprintf("they give the canary %d, %v", weight, err)
			}
			return ""
		})
		// A question that istiod does not answer is given up after two seconds.
		if took := time.Since(asked); took > 10*time.Second {
			p.Errorf("the routes went back to stable only after %s", took)
		}
	})
	p.rolledBack("v1", "AbortRequested")
	p.onlyAnswers("v1")
	p.noneFailed()
	p.shareStayed("v2", from, to, 0.25)
	p.weighted(journal.Untouched, 0, 250, 500, 0, journal.Untouched)
}

// An istiod that has just started knows of no client until it has connected again.
func TestIstiodKilled(t *testing.T) {
	t.Parallel()
	p, d := beforehand(t, "With istiod killed and restarted no hold begins before the clients have come back and moved.")
	d.kill()
	p.weighing(500)
	p.says("istiod cannot be asked whether proxies follow", "ProxiesLagging")
	from := time.Now()
	p.waits(stoppedFor / 2) // so that the clients try ever more rarely
	d.start()
	p.nothingMoved(from, time.Now())
	p.promoted("v2")
	p.noneFailed()
	p.sharesAreTrue("v2")
	p.holdsBeganAfter("v2", 0)
	p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
}

// whileStopped stops istiod for a minute in the middle of the first hold. The next weight is written all the same, since it relies
// on what was known before; nothing after it is. It returns the time from when nothing may have moved.
func (p *shop) whileStopped(d *istiod, meanwhile func()) (from, to time.Time) {
	p.Helper()
	d.signal(syscall.SIGSTOP)
	end := time.Now().Add(stoppedFor)
	p.weighing(500)
	meanwhile()
	from = time.Now()
	p.says("istiod cannot be asked whether proxies follow: istiod at "+d.debug+": no answer within 2s", "ProxiesLagging")
	p.waits(time.Until(end))
	to = time.Now()
	d.signal(syscall.SIGCONT)
	p.nothingMoved(from, to)
	return from, to
}

// says waits for the condition to give one of the reasons, with these words.
func (p *shop) says(words string, reasons ...string) {
	p.Helper()
	p.await(fmt.Sprintf("%v: %q", reasons, words), func(v journal.View) string {
		if problem := condition(v, "Unknown", reasons...); problem != "" {
			return problem
		}
		if said := v.Condition(app).Message; !strings.Contains(said, words) {
			return "the condition says: " + said
		}
		return ""
	})
}

// announced asserts that every Event of the reason has the words.
func (p *shop) announced(reason, words string) {
	p.Helper()
	v, _ := p.Now()
	found := 0
	for _, e := range v.Story(app) {
		if e.Reason != reason {
			continue
		}
		if found++; !strings.Contains(e.Note, words) {
			p.Errorf("the Event %s does not say %q: %s", reason, words, e.Note)
		}
	}
	if found == 0 {
		p.Errorf("there is no Event %s", reason)
	}
}
