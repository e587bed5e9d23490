// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"testing"
)

// positions are where in its plan a rollout meets its end.
var positions = map[string]int{"at the first step": 250, "at a middle step": 500, "at the last step": 1000}

// rolled takes v2 to each of the positions, lets something befall it there, and sees it rolled back.
func rolled(t *testing.T, promise string, befall func(*shop), aftermath func(*shop), reasons ...string) {
	t.Helper()
	t.Parallel()
	for name, weight := range positions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, m mode) {
				t.Helper()
				p := open(t, m, 3, byHand, promise)
				p.climb("v2", weight)
				befall(p)
				p.rolledBack("v1", reasons...)
				p.onlyAnswers("v1")
				p.answered("v1", "v2")
				p.neverStable("v2")
				p.fell(weight)
				p.climbs()
				p.warned(reasons...)
				aftermath(p)
			})
		})
	}
}

// A person changes their mind.
func TestAborted(t *testing.T) {
	rolled(t, "A rollout that a person aborts is taken back, and no request fails.",
		func(p *shop) { p.annotate("abort", "true") },
		func(p *shop) {
			p.obeyed("abort")
			p.noneFailed()
			p.neverFewer(3)
		},
		"AbortRequested")
}

// All pods of the canary end at once, without a word to those who wait for an answer.
func TestCrashed(t *testing.T) {
	rolled(t, "A canary whose pods all crash at once is taken back; only requests that it had been given fail, and only until it is known.",
		func(p *shop) { p.dial("crash-after=50ms") },
		func(p *shop) { p.onlyTheCanaryFailed("v2") },
		"RestartsExceeded", "CrashLoop")
}

// The canary was ready, and is so no more. Its pods still answer whoever comes.
func TestNotReadyAnyMore(t *testing.T) {
	rolled(t, "A canary that was ready and is so no more loses its traffic, and at the deadline it is taken back.",
		func(p *shop) {
			p.annotate("deadline", "2s") // only now: pods take a moment to start
			p.dial("not-ready")
		},
		func(p *shop) { p.onlyTheCanaryFailed("v2") },
		"DeadlineExceeded", "ProgressDeadlineExceeded")
}
