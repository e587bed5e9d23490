// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/golden"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/trace"
)

var shop = trace.Subject{Namespace: "web", Deployment: "shop", UID: "d3b0"}

// told are the rollouts of testdata by their names.
func told(t *testing.T) map[string]record.Rollout {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no records", err)
	}
	records := map[string]record.Rollout{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r record.Rollout
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		records[strings.TrimSuffix(filepath.Base(file), ".json")] = r
	}
	return records
}

func TestSpansOfARecord(t *testing.T) {
	for name, r := range told(t) {
		t.Run(name, func(t *testing.T) {
			golden.Assert(t, text(r.Began, trace.Spans(shop, r)), name+".golden")
		})
	}
}

// text is for people: each span with its times from the beginning.
func text(began time.Time, spans []trace.Span) string {
	var b strings.Builder
	for _, s := range spans {
		fmt.Fprintf(&b, "%s %s/%s < %s: %s, %s to %s", s.Name, s.Trace, s.ID, s.Parent, s.End.Sub(s.Start), s.Start.Sub(began), s.End.Sub(began))
		if !s.Whole {
			b.WriteString(", not whole")
		}
		b.WriteString("\n")
		if s.Failed != "" {
			fmt.Fprintf(&b, "    error: %s\n", s.Failed)
		}
		list(&b, "    ", s.Attributes)
		for _, e := range s.Events {
			fmt.Fprintf(&b, "    at %s %s\n", e.At.Sub(began), e.Name)
			list(&b, "        ", e.Attributes)
		}
	}
	return b.String()
}

func list(b *strings.Builder, indent string, attributes []trace.Attribute) {
	for _, a := range attributes {
		fmt.Fprintf(b, "%s%s=%v\n", indent, a.Key, a.Value)
	}
}

// Whatever a journal tells at any time, the rollout's end tells again with the
// same identifiers, times and words: nothing contradicts what was sent.
func TestWhatWasToldStaysTrue(t *testing.T) {
	for name, r := range told(t) {
		t.Run(name, func(t *testing.T) {
			last := map[trace.SpanID]trace.Span{}
			for _, s := range trace.Spans(shop, r) {
				if _, twice := last[s.ID]; twice {
					t.Errorf("%s has the identifier of another", s.Name)
				}
				last[s.ID] = s
			}
			for n := range r.Entries {
				early := r
				early.Entries, early.Outcome, early.Ended = r.Entries[:n], "", time.Time{}
				for _, s := range trace.Spans(shop, early) {
					if diff := cmp.Diff(last[s.ID], s); diff != "" {
						t.Errorf("after %d entries %s is told otherwise: %s", n, s.Name, diff)
					}
				}
			}
		})
	}
}

func TestPartsFollowOnOneAnotherWithoutAGap(t *testing.T) {
	for name, r := range told(t) {
		if r.Outcome == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			spans := trace.Spans(shop, r)
			root := spans[len(spans)-1]
			if root.Parent != (trace.SpanID{}) || !root.Start.Equal(r.Began) || !root.End.Equal(r.Ended) {
				t.Errorf("the root is %+v", root)
			}
			at := root.Start
			for _, s := range spans {
				if s.Parent != root.ID {
					continue
				}
				if !s.Start.Equal(at) {
					t.Errorf("%s begins at %s, and what is before it ends at %s", s.Name, s.Start, at)
				}
				at = s.End
			}
			if !at.Equal(root.End) {
				t.Errorf("the last part ends at %s, and the rollout at %s", at, root.End)
			}
		})
	}
}

// Records are read from what others may have written.
func TestOddRecordsHaveSpansAllTheSame(t *testing.T) {
	began := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for name, r := range map[string]record.Rollout{
		"nothing":                 {},
		"an end alone":            {Began: began, Outcome: record.Abandoned, Ended: began},
		"an end before the start": {Began: began, Outcome: record.RolledBack, Ended: began.Add(-time.Hour)},
		"rest alone":              {Began: began, Outcome: record.Promoted, Ended: began, Entries: []record.Entry{{At: began, Phase: rollout.Idle}}},
		"a clock that was put back": {Began: began, Outcome: record.Promoted, Ended: began, Entries: []record.Entry{
			{At: began.Add(time.Minute), Phase: rollout.Progressing}, {At: began.Add(time.Second), Phase: rollout.Progressing, Weight: 50}, {At: began, Phase: rollout.Promoting},
		}},
	} {
		for _, s := range trace.Spans(shop, r) {
			if s.End.Before(s.Start) || s.ID == (trace.SpanID{}) || s.Trace == (trace.ID{}) {
				t.Errorf("%s: %+v", name, s)
			}
		}
	}
}

func TestRolloutsHaveTracesOfTheirOwn(t *testing.T) {
	began := time.Date(2026, 5, 4, 12, 0, 0, 1, time.UTC)
	ids := []trace.ID{
		trace.Of(shop, began), trace.Of(shop, began.Add(time.Nanosecond)), trace.Of(trace.Subject{Namespace: "web", Deployment: "shop", UID: "other"}, began),
	}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			t.Errorf("%s is the trace of two", id)
		}
	}
	if trace.Of(shop, began.In(time.FixedZone("there", 3600))) != ids[0] {
		t.Error("the same instant elsewhere has another trace")
	}
}

// A reason that is renamed must not become a move unnoticed.
func TestWaitsAreReasons(t *testing.T) {
	page, err := os.ReadFile("../../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	for reason := range trace.WaitNames {
		if !strings.Contains(string(page), "`"+string(reason)+"`") {
			t.Errorf("%s is no reason", reason)
		}
	}
}
