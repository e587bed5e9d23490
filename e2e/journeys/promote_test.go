// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"testing"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// A good version goes out to everybody.
func TestPromoted(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		p := open(t, m, 4, plan, "A new version reaches everybody by the steps of the plan, and the VirtualService is what the user wrote.")
		p.deploy("v2")
		p.promoted("v2")
		p.onlyAnswers("v2")
		p.noneFailed()
		p.sharesAreTrue("v2")
		p.climbs()
		p.neverFewer(4)
		if m == mesh { // by the ratio of pods, one of stable serves until the promotion
			p.neverBack("v2")
		}
		p.weighted(journal.Untouched, 0, 50, 250, 500, 1000, journal.Untouched)
	})
}
