// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"testing"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// A version that everybody has for a while before the pods of the one before go.
func TestBaked(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		p := open(t, m, 3, with(brief, "serin.dev/bake", "6s"), "A new version bakes with everybody on it before the promotion, and no request fails.")
		p.deploy("v2")
		p.promoted("v2")
		p.onlyAnswers("v2")
		p.noneFailed()
		p.climbs()
		p.neverFewer(3)
		p.keptWarm(3)
		if m == mesh { // by the ratio of pods, one of stable serves until the promotion
			p.neverBack("v2")
		}
		p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
	})
}

// spoilt takes v2 into a bake, lets something befall it there, and sees everybody brought back.
func spoilt(t *testing.T, promise string, befall, aftermath func(*shop), reasons ...string) {
	t.Helper()
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		p := open(t, m, 3, with(byHand, "serin.dev/bake", "1h"), promise)
		p.climb("v2", 1000)
		p.annotate("promote", "step")
		p.saying("Unknown", "Baking")
		befall(p)
		p.rolledBack("v1", reasons...)
		p.onlyAnswers("v1")
		p.answered("v1", "v2")
		p.neverStable("v2")
		p.fell(1000)
		p.climbs()
		p.keptWarm(3)
		p.warned(reasons...)
		aftermath(p)
	})
}

// A person changes their mind when everybody is on the new version.
func TestBakeAborted(t *testing.T) {
	spoilt(t, "A rollout that a person aborts in its bake is taken back by one write of the routes, and no request fails.",
		func(p *shop) { p.annotate("abort", "true") },
		func(p *shop) {
			p.obeyed("abort")
			p.weighted(journal.Untouched, 0, 250, 500, 1000, 0, journal.Untouched)
			p.noneFailed()
			p.neverFewer(3)
		},
		"AbortRequested")
}

// All pods of the new version end at once when everybody is on it.
func TestBakeCrashed(t *testing.T) {
	spoilt(t, "A canary whose pods all crash in the bake is taken back; only requests that it had been given fail, and only until it is known.",
		func(p *shop) { p.dial("crash-after=50ms") },
		func(p *shop) { p.onlyTheCanaryFailed("v2") },
		"RestartsExceeded", "CrashLoop")
}

// keptWarm asserts that in the mesh all of stable's pods could be sent requests throughout the bake.
func (p *shop) keptWarm(pods int) {
	p.Helper()
	bakes := p.InBake(app, func(e journal.Entry, v journal.View) {
		if _, own := v.Endpoints(app); p.mode == mesh && own < pods {
			p.Errorf("at %s only %d of stable's %d pods were endpoints in the bake", clock(e.At), own, pods)
		}
	})
	if !bakes {
		p.Error("there was no bake")
	}
}
