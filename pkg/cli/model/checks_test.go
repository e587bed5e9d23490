// SPDX-License-Identifier: Apache-2.0

package model_test

import (
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
