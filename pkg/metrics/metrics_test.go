// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"gotest.tools/v3/golden"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

func TestTheReferencePageIsCurrent(t *testing.T) {
	golden.Assert(t, Reference(), "../../../docs/metrics.md", "run: make generate")
}

var (
	now  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	shop = Key{"web", "shop"}
)

func board() *Board { return &Board{Clock: clocktesting.NewFakePassiveClock(now)} }

func TestBoard(t *testing.T) {
	b := board()
	b.Show(shop, Target{
		Phase: "Progressing", Reason: "Holding", Since: now.Add(-90 * time.Second), Stable: 4, Canary: 1, UnderWay: true,
		Step: 2, Steps: 4, Wanted: 0.25, Observed: 0.2, HoldUntil: now.Add(30 * time.Second), Checks: []Check{
			{Name: "errors", Outcome: "passed", Ratio: 0.5, Value: new(10.0), Limits: []Limit{{"max", 100}}}, {Name: "queue", Outcome: "inconclusive", State: "NoSeries"},
		},
	})
	b.Moved(shop, "StepPassed")
	b.Moved(shop, "StepPassed")
	const want = `
# HELP serin_rollout_hold_remaining_seconds What is left of the step's hold, or of the bake; 0 where nothing is held.
# TYPE serin_rollout_hold_remaining_seconds gauge
serin_rollout_hold_remaining_seconds{deployment="shop",namespace="web"} 30
# HELP serin_rollout_phase 1 for the phase of a Deployment that opted in: Idle, Progressing, Paused, Promoting, RollingBack or RolledBack.
# TYPE serin_rollout_phase gauge
serin_rollout_phase{deployment="shop",namespace="web",phase="Progressing"} 1
# HELP serin_rollout_reason_seconds For how long the reason has been the same, as far as this process has seen.
# TYPE serin_rollout_reason_seconds gauge
serin_rollout_reason_seconds{deployment="shop",namespace="web",reason="Holding"} 90
# HELP serin_rollout_weight_observed_ratio Share of traffic that the routes, or the ratio of available pods, give the canary, from 0 to 1.
# TYPE serin_rollout_weight_observed_ratio gauge
serin_rollout_weight_observed_ratio{deployment="shop",namespace="web"} 0.2
# HELP serin_rollout_check_limit What that value is to stay within: a max, or a min; of a comparison the evidence that fails it.
# TYPE serin_rollout_check_limit gauge
serin_rollout_check_limit{bound="max",check="errors",deployment="shop",namespace="web"} 100
# HELP serin_rollout_check_state 1 for the state of a check's data: Usable, or what is missing (docs/measure.md lists it), NotMeasured, TooEarly or Overlapping.
# TYPE serin_rollout_check_state gauge
serin_rollout_check_state{check="errors",deployment="shop",namespace="web",state="Usable"} 1
serin_rollout_check_state{check="queue",deployment="shop",namespace="web",state="NoSeries"} 1
# HELP serin_rollout_check_value What a check goes by: the evidence of a comparison (its e-value), or the newest reading of a threshold, in the unit of its query.
# TYPE serin_rollout_check_value gauge
serin_rollout_check_value{check="errors",deployment="shop",namespace="web"} 10
# HELP serin_rollout_move_timestamp_seconds When the rollout under way moved last for a reason, as Unix time; as far as this process has seen.
# TYPE serin_rollout_move_timestamp_seconds gauge
serin_rollout_move_timestamp_seconds{deployment="shop",namespace="web",reason="StepPassed"} 1.767323045e+09
`
	if err := testutil.CollectAndCompare(b, strings.NewReader(want),
		"serin_rollout_hold_remaining_seconds", "serin_rollout_phase", "serin_rollout_reason_seconds", "serin_rollout_weight_observed_ratio",
		"serin_rollout_check_limit", "serin_rollout_check_state", "serin_rollout_check_value", "serin_rollout_move_timestamp_seconds"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.CollectAndLint(b); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// What a target no longer is has no series.
func TestNothingIsStale(t *testing.T) {
	b := board()
	b.Show(shop, Target{Phase: "Progressing", Reason: "Holding", UnderWay: true, Checks: []Check{{Name: "errors", Outcome: "passed"}}})
	b.Moved(shop, "StepPassed")
	b.Ended(shop, Ending{"Promoted", now})
	b.Show(shop, Target{Phase: "Idle", Reason: "Promoted"})
	if n := testutil.CollectAndCount(b); n != RestSeries {
		t.Errorf("%d series at rest", n)
	}
	b.Forget(shop)
	if n := testutil.CollectAndCount(b); n != 0 {
		t.Errorf("%d series of nobody", n)
	}
	b.Show(shop, Target{Phase: "Idle", Reason: "UpToDate"})
	if n := testutil.CollectAndCount(b); n != RestSeries-1 {
		t.Errorf("%d series of one that came back: it tells of an ending before", n)
	}
}

func TestSeriesOfATargetAreBounded(t *testing.T) {
	b := board()
	many := Target{Phase: "Progressing", Reason: "Holding", UnderWay: true}
	for i := range 10 * mostChecks {
		many.Checks = append(many.Checks, Check{Name: fmt.Sprint(i), Outcome: "passed", Value: new(1.0), Limits: []Limit{{"min", 0}, {"max", 2}}})
		b.Moved(shop, fmt.Sprint("reason ", i))
	}
	b.Ended(shop, Ending{"RolledBack", now})
	b.Show(shop, many)
	if n := testutil.CollectAndCount(b); n != MostSeries {
		t.Errorf("%d series, and %d are promised", n, MostSeries)
	}
}

// A state that stays is one, however often it is looked at.
func TestStatesOfChecksAreCountedWhenTheyCome(t *testing.T) {
	b := board()
	checkStates.Reset()
	for _, state := range []string{"Unreachable", "Unreachable", "Usable", "Unreachable"} {
		b.Show(shop, Target{UnderWay: true, Checks: []Check{{Name: "errors", State: state}, {Name: "latency", State: "Usable"}}})
	}
	for state, want := range map[string]float64{"Unreachable": 2, "Usable": 2} {
		if got := testutil.ToFloat64(checkStates.WithLabelValues(state)); got != want {
			t.Errorf("%s came %v times, want %v", state, got, want)
		}
	}
}

// An increase is seen from the first one on.
func TestCountersOfKnownLabelsBeginAtZero(t *testing.T) {
	for _, c := range []*prometheus.CounterVec{writes, reverts, commands, ended} {
		c.Reset()
	}
	begin()
	for _, c := range []struct {
		counter prometheus.Collector
		series  int
	}{{writes, 1}, {reverts, 1}, {commands, 6}, {ended, 5}} {
		if got := testutil.CollectAndCount(c.counter); got != c.series {
			t.Errorf("%d series, want %d", got, c.series)
		}
	}
	Commanded("abort", CarriedOut)
	Undone(2)
	if got := testutil.ToFloat64(commands.WithLabelValues("abort", "CarriedOut")); got != 1 {
		t.Errorf("%v aborts", got)
	}
	if got := testutil.ToFloat64(reverts); got != 2 {
		t.Errorf("%v reverts", got)
	}
}

func TestEnded(t *testing.T) {
	ended.Reset()
	for _, h := range []*prometheus.HistogramVec{duration, firstTraffic, returned, settled} {
		h.Reset()
	}
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }
	const trace = "3bc3e6b18bfedc495fb190d3d676b9a5"
	Ended(record.Rollout{Began: at(0), Ended: at(100), Outcome: record.RolledBack, Entries: []record.Entry{
		{At: at(0), Phase: rollout.Progressing, Reason: "NewTemplate"},
		{At: at(10), Phase: rollout.Progressing, Reason: "StepPassed", Weight: 50},
		{At: at(10), Phase: rollout.Progressing, Reason: "Settling", Weight: 50, Seconds: 5},
		{At: at(20), Phase: rollout.Progressing, Reason: "StepPassed", Weight: 250},
		{At: at(60), Phase: rollout.RollingBack, Reason: "AnalysisFailed", Weight: 250, Warning: true},
		{At: at(61), Phase: rollout.RollingBack, Reason: "RollingBack", Weight: 250},
		{At: at(70), Phase: rollout.RollingBack, Reason: "CanaryRemoved", Weight: 250},
	}}, trace)
	for want, of := range map[string]prometheus.Collector{
		`serin_rollout_duration_seconds_sum{outcome="RolledBack"} 100`: duration,
		"serin_rollout_first_traffic_seconds_sum 10":                   firstTraffic,
		"serin_rollout_return_seconds_sum 1":                           returned,
		"serin_rollout_settle_seconds_sum 5":                           settled,
		`serin_rollouts_total{outcome="RolledBack"} 1`:                 ended,
	} {
		family, _, _ := strings.Cut(strings.NewReplacer("_sum", " ", "{", " ").Replace(want), " ")
		text, err := testutil.CollectAndFormat(of, expfmt.TypeTextPlain, family)
		if err != nil || !strings.Contains(string(text), want+"\n") {
			t.Errorf("%s: %v\n%s", want, err, text)
		}
		if _, is := of.(*prometheus.HistogramVec); !is {
			continue
		}
		if text, err := testutil.CollectAndFormat(of, expfmt.TypeOpenMetrics, family); err != nil || !strings.Contains(string(text), `# {trace_id="`+trace+`"}`) {
			t.Errorf("%s has no exemplar: %v\n%s", family, err, text)
		}
	}
}

func TestTheBuildIsShownOnce(t *testing.T) {
	ShowBuild("v0.0.9", "abc")
	ShowBuild("v0.1.0", "def")
	want := `
# HELP serin_build_info 1 for the build that runs: its version, its commit and the Go that compiled it.
# TYPE serin_build_info gauge
serin_build_info{commit="def",goversion="` + runtime.Version() + `",version="v0.1.0"} 1
`
	if err := testutil.CollectAndCompare(build, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// Every metric has its line on the page, and is served under that name.
func TestEveryMetricIsDocumented(t *testing.T) {
	text := Reference()
	for _, c := range append(collectors(), board()) {
		descs := make(chan *prometheus.Desc, 100)
		c.Describe(descs)
		close(descs)
		for d := range descs {
			name, _, _ := strings.Cut(strings.TrimPrefix(d.String(), `Desc{fqName: "`), `"`)
			if !strings.Contains(text, "| `"+name+"` |") {
				t.Errorf("%s is not on the page", name)
			}
		}
	}
}

func TestCheckStatesAreCountedWhenTheyChange(t *testing.T) {
	usable, gone := testutil.ToFloat64(checkStates.WithLabelValues("Usable")), testutil.ToFloat64(checkStates.WithLabelValues("Unreachable"))
	b := board()
	for _, state := range []string{"", "", "Unreachable", "Unreachable", ""} {
		b.Show(shop, Target{UnderWay: true, Checks: []Check{{Name: "errors", Outcome: "passed", State: state}}})
	}
	usable, gone = testutil.ToFloat64(checkStates.WithLabelValues("Usable"))-usable, testutil.ToFloat64(checkStates.WithLabelValues("Unreachable"))-gone
	if usable != 2 || gone != 1 {
		t.Errorf("usable %g times and unreachable %g times, want 2 and 1", usable, gone)
	}
}

func TestWhatPeopleAndPrometheusDidIsCounted(t *testing.T) {
	for _, c := range []interface{ Reset() }{commands, reverts, asked} {
		c.Reset()
	}
	Commanded("abort", CarriedOut)
	Commanded("retry", Ignored)
	Undone(1)
	Asked(300*time.Millisecond, true)
	Asked(10*time.Second, false)
	for want, of := range map[string]prometheus.Collector{
		`serin_commands_total{command="abort",outcome="CarriedOut"} 1`:        commands,
		`serin_commands_total{command="retry",outcome="Ignored"} 1`:           commands,
		"serin_route_reverts_total 1":                                         reverts,
		`serin_prometheus_question_seconds_sum{outcome="answered"} 0.3`:       asked,
		`serin_prometheus_question_seconds_count{outcome="failed"} 1`:         asked,
		`serin_prometheus_question_seconds_bucket{outcome="failed",le="5"} 0`: asked,
	} {
		family, _, _ := strings.Cut(strings.NewReplacer("_sum", " ", "_count", " ", "_bucket", " ", "{", " ").Replace(want), " ")
		text, err := testutil.CollectAndFormat(of, expfmt.TypeTextPlain, family)
		if err != nil || !strings.Contains(string(text), want+"\n") {
			t.Errorf("%s: %v\n%s", want, err, text)
		}
	}
}
