// SPDX-License-Identifier: Apache-2.0

package story_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gotest.tools/v3/golden"

	"github.com/serin-dev/serin/pkg/cli/story"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

var began = time.Date(2026, 5, 4, 11, 40, 0, 0, time.UTC)

// after is so long after the beginning.
func after(d time.Duration) time.Time { return began.Add(d) }

const evidence = "errors: 3 of 900 requests (0.333 %) to the canary failed, 9 of 17100 requests (0.0526 %) to stable; " +
	"evidence 4.2 of the 300 that fail it, 1.5 times stable's odds allowed; latency-p99: 11 of 900 requests (1.22 %) to the canary were slower than stable's p99, " +
	"171 of 17100 requests (1 %) to stable; evidence 0.98 of the 300 that fail it, 1.5 times stable's odds allowed"

// told is a rollout up to its second step.
func told() record.Rollout {
	return record.Rollout{
		Began: began, Mode: rollout.Istio,
		From: record.Revision{Number: "7", Hash: "5d8f", Images: []string{"registry.example/shop:v1"}},
		To:   record.Revision{Images: []string{"registry.example/shop:v2", "registry.example/proxy:1.2"}},
		Entries: []record.Entry{
			{At: began, Phase: rollout.Progressing, Reason: "NewTemplate", Message: "a new template goes out as a canary: 5% → 25% → 100%, by Istio weights",
				Wrote: []string{"Deployment shop-canary", "DestinationRule shop-serin", "VirtualService shop"}, Seconds: 12.4},
			{At: after(12400 * time.Millisecond), Phase: rollout.Progressing, Reason: "StepPassed", Weight: 50, Message: "from 0% to 5%, carried by 1 canary pod, held until 11:45:12 UTC",
				Wrote: []string{"VirtualService shop"}, Seconds: 0.2},
			{At: after(13 * time.Second), Phase: rollout.Progressing, Reason: "Holding", Weight: 50, Message: "at 5% until 11:45:12 UTC", Evidence: evidence, Seconds: 300},
			{At: after(313 * time.Second), Phase: rollout.Progressing, Reason: "StepPassed", Weight: 250, Message: "from 5% to 25%, carried by 2 canary pods", Seconds: 3725},
		},
	}
}

// over is a rollout that ended, told to its end.
func over(outcome record.Outcome, last record.Entry) record.Rollout {
	r := told()
	last.At = after(4038 * time.Second)
	r.Outcome, r.Ended = outcome, after(4050*time.Second)
	r.Entries = append(r.Entries, last)
	return r
}

var failed = record.Entry{Phase: rollout.RollingBack, Reason: "AnalysisFailed", Weight: 250, Warning: true, Wrote: []string{"VirtualService shop"},
	Message: "errors: 90 of 300 requests (30 %) to the canary failed, 27 of 2700 requests (1 %) to stable; evidence 537 of the 300 that fail it, 1.5 times stable's odds allowed"}

// rejected has last words, of which some are wide.
func rejected() record.Rollout {
	r := over(record.RolledBack, failed)
	r.Words = &record.Words{
		Pods: []record.Pod{
			{Name: "shop-canary-7c9d-x2v", Ends: []string{"container shop: OOMKilled, exit code 137, restarted 3 times"},
				Events: []string{"Unhealthy: Readiness probe failed: Get \"http://10.0.0.7:8080/ready\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"},
				Logs:   []record.Log{{Container: "shop", Lines: []string{"starting", strings.Repeat("a long line of a log ", 8) + "ends here", strings.Repeat("x", 90), "fatal: grüße aus 東京"}}}},
			{Name: "shop-canary-7c9d-zzz"},
		},
		LeftOut: []string{"the log of container proxy: pods \"shop-canary-7c9d-zzz\" is forbidden"},
	}
	return r
}

// long has lost its middle.
func long() record.Rollout {
	r := over(record.Promoted, record.Entry{Phase: rollout.Idle, Reason: "Promoted", Message: "the wanted template serves everybody"})
	r.To.Number = "8"
	r.Entries[2].Omitted = 31
	return r
}

// bare has nothing but its beginning.
func bare() record.Rollout { return record.Rollout{Began: began} }

func ratio() record.Rollout {
	r := told()
	r.Mode = rollout.Surge
	return r
}

func stories() map[string]record.Rollout {
	quiet := record.Entry{Phase: rollout.RollingBack, Reason: "TemplateRestored", Message: "the template is the one that serves again"}
	return map[string]record.Rollout{
		"promoted, with a middle left out": long(),
		"rolled back, with last words":     rejected(),
		"cancelled":                        over(record.Cancelled, quiet),
		"withdrawn":                        over(record.Withdrawn, record.Entry{Phase: rollout.RollingBack, Reason: "Superseded", Message: "another template is wanted"}),
		"abandoned":                        over(record.Abandoned, quiet),
		"of an outcome that is not known":  over("Postponed", quiet),
		"under way":                        ratio(),
		"of nothing but a beginning":       bare(),
	}
}

var widths = []int{0, 80, 200}

func frame(width int) story.Frame {
	return story.Frame{Name: "web/shop", Now: after(5000 * time.Second), Width: width}
}

func TestExplain(t *testing.T) {
	for name, r := range stories() {
		t.Run(name, func(t *testing.T) {
			var all strings.Builder
			for _, width := range widths {
				fmt.Fprintf(&all, "=== width %d\n%s", width, story.Explain(frame(width), r, 2, 5))
			}
			compare(t, "explain "+name, all.String())
		})
	}
}

func TestHistory(t *testing.T) {
	second := over(record.Cancelled, record.Entry{Reason: "TemplateRestored", Message: "the template is the one that serves again"})
	second.Began, second.Ended = began.Add(-26*time.Hour), began.Add(-26*time.Hour).Add(59*time.Second)
	all := []record.Rollout{bare(), second, long(), rejected(), ratio()}
	var text strings.Builder
	for _, width := range []int{0, 60, 80, 200} {
		fmt.Fprintf(&text, "=== width %d\n%s", width, story.History(frame(width), all))
	}
	compare(t, "history", text.String())
}

// TestNoLineIsWiderThanTheWidth: but for single words that are.
func TestNoLineIsWiderThanTheWidth(t *testing.T) {
	for name, r := range stories() {
		for _, width := range []int{40, 80, 200} {
			for line := range strings.Lines(story.Explain(frame(width), r, 1, 1) + story.History(frame(width), []record.Rollout{r})) {
				line = strings.TrimRight(line, "\n")
				words := strings.Fields(line)
				if got := utf8.RuneCountInString(line); got > width && len(words) > 0 && utf8.RuneCountInString(words[len(words)-1]) <= width/2 {
					t.Errorf("%s: %d characters and not %d: %s", name, got, width, line)
				}
			}
		}
	}
}

func TestTogether(t *testing.T) {
	older, done := over(record.Promoted, failed), rejected()
	older.Began = began.Add(-time.Hour)
	under := told()
	later := told()
	later.Began = began.Add(time.Hour)
	for name, c := range map[string]struct {
		kept    []record.Rollout
		journal record.Rollout
		want    []record.Outcome
	}{
		"nothing at all":                      {nil, record.Rollout{}, nil},
		"only what was kept":                  {[]record.Rollout{older, done}, record.Rollout{}, []record.Outcome{record.Promoted, record.RolledBack}},
		"only the one under way":              {nil, under, []record.Outcome{""}},
		"both":                                {[]record.Rollout{older, done}, later, []record.Outcome{record.Promoted, record.RolledBack, ""}},
		"one that was filed, and not emptied": {[]record.Rollout{older, done}, done, []record.Outcome{record.Promoted, record.RolledBack}},
		"one that goes on after it was filed": {[]record.Rollout{older, done}, under, []record.Outcome{record.Promoted, ""}},
		"one that ended, and is not filed":    {[]record.Rollout{older}, done, []record.Outcome{record.Promoted, record.RolledBack}},
	} {
		var got []record.Outcome
		for _, r := range story.Together(record.Record{Rollouts: c.kept}, c.journal) {
			got = append(got, r.Outcome)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWorst(t *testing.T) {
	if got := story.Worst(rejected()); !strings.HasPrefix(got, "AnalysisFailed: errors: 90 of 300") {
		t.Error(got)
	}
	if got := story.Worst(long()); got != evidence {
		t.Error(got)
	}
	if got := story.Worst(bare()); got != "" {
		t.Error(got)
	}
}

// compare holds what is shown against a file that a person has read.
func compare(t *testing.T, name, got string) {
	t.Helper()
	golden.Assert(t, got, strings.NewReplacer(" ", "-", ",", "").Replace(name)+".txt")
}
