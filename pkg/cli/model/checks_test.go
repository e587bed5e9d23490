// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// TestChecksReadWhatTheJudgeSays: the sentences of package analysis are read
// back, whatever the outcome.
func TestChecksReadWhatTheJudgeSays(t *testing.T) {
	began := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	policy := checks.Default()
	policy.Checks = append(policy.Checks, analysis.Check{Name: "queue", Kind: analysis.Threshold, Query: "q", Bound: analysis.Bound{Max: new(100.0)}, Failures: 2})
	for bad, names := range map[float64][]string{
		3:  {"errors", "latency-p99", "latency-p50", "queue"}, // all passed
		60: {"errors", "latency-p99", "latency-p50"},          // the three failed
	} {
		samples := map[string]analysis.Samples{"queue": {Readings: []analysis.Reading{{At: began.Add(time.Minute), Value: 7, Requests: -1}}}}
		for _, check := range policy.Checks[:3] {
			var row []analysis.Interval
			for i := range 6 {
				from := began.Add(time.Duration(i) * 10 * time.Second)
				row = append(row, analysis.Interval{From: from, To: from.Add(10 * time.Second), Canary: analysis.Counts{Bad: bad, Total: 100}, Stable: analysis.Counts{Bad: 27, Total: 900}})
			}
			samples[check.Name] = analysis.Samples{Intervals: row}
		}
		verdict := analysis.Judge(policy, samples, began.Add(time.Minute))
		journal := record.Rollout{Began: began, Entries: []record.Entry{{At: began, Reason: "Holding", Evidence: verdict.Evidence}}}
		target := &appsv1.Deployment{}
		target.Annotations = map[string]string{annotations.Journal: record.EncodeJournal(journal), annotations.Rollout: annotations.WriteMemo(rollout.Memo{Started: began})}
		got := model.Of(model.Objects{Target: target}, began).Checks
		if len(got) != len(names) {
			t.Errorf("%d bad: %q told of %+v", int(bad), verdict.Evidence, got)
			continue
		}
		for i, check := range got {
			compared := i < 3
			if check.Name != names[i] || (len(check.Evidence) == 1) != compared || (compared && check.Needed != 300) || check.Text == "" {
				t.Errorf("%+v", check)
			}
		}
	}
}

// TestTheVerdictIsThatOfTheJudge: whatever the samples, the word is read back
// from the sentences of package analysis.
func TestTheVerdictIsThatOfTheJudge(t *testing.T) {
	words := map[analysis.Outcome]model.Verdict{
		analysis.Passed: model.ChecksPassed, analysis.Failed: model.ChecksFailed, analysis.Inconclusive: model.ChecksInconclusive,
	}
	tail := analysis.Check{Name: "tail", Kind: analysis.Threshold, Query: "q", Bound: analysis.Bound{Max: new(100.0)}, Failures: 3, Total: 5}
	reported := tail
	reported.Name, reported.ReportOnly, reported.Failures = "reported", true, 1
	seen := map[analysis.Outcome]int{}
	for _, required := range []bool{false, true} {
		for _, acting := range [][]analysis.Check{nil, {tail}, checks.Default().Checks, append(checks.Default().Checks, tail)} {
			policy := checks.Default()
			policy.Checks, policy.Required = append(slices.Clip(acting), reported), required
			for _, values := range [][]float64{nil, {7}, {700}, {7, 700, 700}, {700, 7, 700, 700}, {700, 700, 700}, {700, 7, 700, 7, 700, 7, 700, 7, 700}} {
				for _, counts := range [][2]float64{{0, 0}, {0, 100}, {3, 100}, {20, 100}, {60, 100}, {100, 100}} {
					for _, stable := range []float64{0, 27} {
						verdict := analysis.Judge(policy, samplesOf(policy, values, counts, stable), instant(len(values)))
						seen[verdict.Outcome]++
						entry := record.Entry{At: instant(0), Reason: "Holding", Phase: rollout.Progressing, Weight: 250, Evidence: verdict.Evidence}
						for _, entry.Evidence = range []string{verdict.Evidence, verdict.Evidence + "; ConfigMap web/checks was changed in the rollout, and counts as it is now from this step on"} {
							if got := read(entry).Verdict; got != words[verdict.Outcome] {
								t.Fatalf("%q is read as %q and was %s", entry.Evidence, got, verdict.Outcome)
							}
						}
					}
				}
			}
		}
	}
	for outcome := range words {
		if seen[outcome] < 10 {
			t.Errorf("%s came %d times", outcome, seen[outcome])
		}
	}
}

func TestTheVerdict(t *testing.T) {
	first := record.Entry{Reason: "NewTemplate", Phase: rollout.Progressing}
	step := record.Entry{Reason: "StepPassed", Phase: rollout.Progressing, Weight: 250}
	passed := step
	passed.Evidence = "queue: 12 (at most 100 is allowed)"
	unmeasured := step
	unmeasured.Evidence = "pod health only; Prometheus has no metrics of requests to the Deployment that Serin knows"
	failed := record.Entry{Reason: "AnalysisFailed", Phase: rollout.RollingBack, Weight: 250, Message: "queue: 120 (at most 100 is allowed), 2 bad in a row"}
	back := record.Entry{Reason: "RollingBack", Phase: rollout.RollingBack, Weight: 250}
	for name, c := range map[string]struct {
		entries []record.Entry
		want    model.Verdict
	}{
		"the journal is empty":                 {nil, ""},
		"the canary has no traffic yet":        {[]record.Entry{first}, ""},
		"no check is configured":               {[]record.Entry{first, step}, model.PodsOnly},
		"Prometheus knows no requests":         {[]record.Entry{first, unmeasured}, model.PodsOnly},
		"a check passed":                       {[]record.Entry{first, passed}, model.ChecksPassed},
		"nothing was said since":               {[]record.Entry{first, passed, step}, model.ChecksPassed},
		"a check failed, and it goes back":     {[]record.Entry{first, passed, failed, back}, model.ChecksFailed},
		"pods crashed before any check spoke":  {[]record.Entry{first, back}, ""},
		"nothing could be measured for long":   {[]record.Entry{passed, {Reason: "NoData", Evidence: passed.Evidence}}, model.ChecksInconclusive},
		"the ConfigMap has no valid checks":    {[]record.Entry{{Reason: "InvalidConfiguration", Evidence: "there are no valid checks to judge by"}}, model.ChecksInconclusive},
		"words that only a later Serin writes": {[]record.Entry{{Reason: "Holding", Evidence: "The moon is full"}}, ""},
	} {
		if got := read(c.entries...).Verdict; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func instant(minutes int) time.Time {
	return time.Date(2026, 5, 4, 12, minutes, 0, 0, time.UTC)
}

// samplesOf are readings a minute apart, and six intervals that are all alike.
func samplesOf(policy analysis.Policy, values []float64, canary [2]float64, stable float64) map[string]analysis.Samples {
	all := map[string]analysis.Samples{}
	for _, check := range policy.Checks {
		var s analysis.Samples
		for i, value := range values {
			s.Readings = append(s.Readings, analysis.Reading{At: instant(i + 1), Value: value, Requests: -1})
		}
		for i := range 6 {
			from := instant(len(values)).Add(time.Duration(i-6) * 10 * time.Second)
			s.Intervals = append(s.Intervals, analysis.Interval{From: from, To: from.Add(10 * time.Second),
				Canary: analysis.Counts{Bad: canary[0], Total: canary[1]}, Stable: analysis.Counts{Bad: stable, Total: 900}})
		}
		all[check.Name] = s
	}
	return all
}

// read is the rollout under way that a journal tells of.
func read(entries ...record.Entry) model.Rollout {
	target := &appsv1.Deployment{}
	target.Annotations = map[string]string{
		annotations.Journal: record.EncodeJournal(record.Rollout{Began: instant(0), Entries: entries}),
		annotations.Rollout: annotations.WriteMemo(rollout.Memo{Started: instant(0)}),
	}
	return model.Of(model.Objects{Target: target}, instant(0))
}
