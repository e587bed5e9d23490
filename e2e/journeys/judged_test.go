// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// judged is a rollout that is judged by what Prometheus counts, in a hurry.
var judged = with(plan, "serin.dev/steps", "25:1m,50,100", "serin.dev/hold", "10s", "serin.dev/analysis", "checks")

const eager = "interval: 5s\nwarm-up: 2s\nchecks:\n- {name: errors, kind: errors}\n- {name: latency, kind: latency, quantile: 0.9}\n"

// measured is a shop whose controller asks a Prometheus of its own.
func measured(t *testing.T, m mode, promise string) (*shop, *prometheus) {
	t.Helper()
	p := ground(t, m, judged, promise, ownerLabel, "own")
	metrics := startPrometheus(p)
	p.checked(eager)
	p.controlled("--prometheus="+metrics.door.URL, "--prometheus-timeout=2s")
	p.build(4)
	return p, metrics
}

func TestJudgedGood(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		p, _ := measured(t, m, "A version as good as the one before is judged by what Prometheus counts, and promoted.")
		p.deploy("v2")
		p.promoted("v2")
		p.onlyAnswers("v2")
		p.noneFailed()
		p.sharesAreTrue("v2")
		p.climbs()
	})
}

// Each of these is worse than stable in its own way, and all of its pods are healthy.
func TestJudgedBad(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]string{"errors": "error-rate=0.2", "latency": "latency=300ms,latency-rate=0.3"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, m mode) {
				t.Helper()
				p, _ := measured(t, m, "A version that shows more "+name+" than the one before, with healthy pods, is found at the first step and taken back.")
				p.deploy("v2", faults)
				p.rolledBack("v1", "AnalysisFailed")
				p.onlyAnswers("v1")
				p.neverStable("v2")
				p.fell(250)
				p.climbs()
				p.warned("AnalysisFailed")
				p.onlyTheCanaryFailed("v2")
			})
		})
	}
}

// A dependency that both versions share fails: that is no reason to go back.
func TestJudgedInAnIncident(t *testing.T) {
	t.Parallel()
	p, _ := measured(t, mesh, "A failure of something that both versions depend on takes nothing back: at most as many requests fail as do without a rollout.")
	p.deploy("v2")
	p.weighing(250)
	p.dialAll("error-rate=0.3")
	p.promoted("v2")
	p.onlyAnswers("v2")
	p.climbs()
	p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
	p.count()
	p.lostOnlyIn()
}

// Prometheus is in trouble in the middle of a step. Nothing is known then, which is neither good nor bad.
func TestPrometheusInTrouble(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]struct {
		begin, end func(*prometheus)
	}{
		"killed":   {(*prometheus).kill, (*prometheus).start},
		"slow":     {func(m *prometheus) { m.door.become(stuck) }, func(m *prometheus) { m.door.become(passing) }},
		"refusing": {func(m *prometheus) { m.door.become(refusing) }, func(m *prometheus) { m.door.become(passing) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, metrics := measured(t, mesh, "With Prometheus "+name+" in the middle of a step nothing passes and nothing is taken back, and the condition says why; when it is well again, the rollout goes on.")
			p.deploy("v2")
			p.weighing(250)
			trouble.begin(metrics)
			p.await("the want of data to be told", func(v journal.View) string {
				c := v.Condition(app)
				if c == nil || c.Reason != "AnalysisInconclusive" || !strings.Contains(c.Message, "prometheus at") {
					return "the condition does not tell of it"
				}
				return ""
			})
			time.Sleep(hold) // nothing is to happen, however long it lasts
			p.weighing(250)
			trouble.end(metrics)
			p.promoted("v2")
			p.onlyAnswers("v2")
			p.noneFailed()
			p.climbs()
			p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
		})
	}
}
