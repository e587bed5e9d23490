// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Frame is what a story is told in.
type Frame struct {
	Name  string    // of the Deployment, with its namespace
	Now   time.Time // the end so far of a rollout under way
	Width int       // of the terminal; 0: no limit
}

// Explain tells one rollout, entry by entry.
func Explain(f Frame, r record.Rollout, number, of int) string {
	var b strings.Builder
	paragraph(&b, "", fmt.Sprintf("Deployment %s, rollout %d of %d: %s", f.Name, number, of, ends(r)), f.Width)
	for _, line := range [][2]string{{"from", template(r.From)}, {"to", template(r.To)}, {"by", means(r.Mode)}} {
		paragraph(&b, "  "+pad(line[0], 6), line[1], f.Width)
	}
	when := stamp(r.Began) + " UTC, " + took(lasted(r, f.Now))
	if r.Ended.IsZero() {
		when += " ago"
	} else {
		when += " until it ended"
	}
	paragraph(&b, "  began ", when, f.Width)
	b.WriteByte('\n')
	explainEntries(&b, f, r)
	if r.Words != nil {
		explainWords(&b, f, *r.Words)
	}
	return b.String()
}

func stamp(t time.Time) string { return t.UTC().Format(time.DateTime) }

func template(v record.Revision) string {
	text := images(v)
	if v.Number != "" {
		text += " (revision " + v.Number + ")"
	}
	return text
}

func means(m rollout.Mode) string {
	switch m {
	case rollout.Istio:
		return "Istio weights"
	case rollout.Replicas, rollout.Surge:
		return "the ratio of pods"
	default:
		return "?"
	}
}

// explainEntries: time, reason, weight, and below them what belongs to it.
func explainEntries(b *strings.Builder, f Frame, r record.Rollout) {
	longest := 0
	for _, e := range r.Entries {
		longest = max(longest, len(e.Reason))
	}
	for i, e := range r.Entries {
		mark := " "
		if e.Warning {
			mark = "!"
		}
		margin := e.At.UTC().Format(time.TimeOnly) + " " + mark + " " + pad(string(e.Reason), longest) + "  " + pad(weight(e), 6)
		below := strings.Repeat(" ", len(margin))
		if len(margin) > f.Width/2 && f.Width > 0 { // a narrow terminal: the text goes below
			b.WriteString(strings.TrimRight(margin, " ") + "\n")
			margin, below = "    ", "    "
		}
		paragraph(b, margin, e.Message, f.Width)
		explainBelow(b, f, below, e, i+1 < len(r.Entries))
	}
}

// explainBelow tells what belongs to an entry.
func explainBelow(b *strings.Builder, f Frame, below string, e record.Entry, more bool) {
	if e.Evidence != "" {
		paragraph(b, below+"evidence: ", e.Evidence, f.Width)
	}
	for _, object := range e.Wrote {
		paragraph(b, below+"wrote: ", object, f.Width)
	}
	if more && e.Seconds >= 1 {
		paragraph(b, below+"then ", took(e.Until().Sub(e.At)), f.Width)
	}
	if e.Omitted > 0 {
		fmt.Fprintf(b, "... %d left out\n", e.Omitted)
	}
}

// weight is what the canary had then; nothing before the first step.
func weight(e record.Entry) string {
	if e.Weight == 0 {
		return ""
	}
	return e.Weight.String()
}

func explainWords(b *strings.Builder, f Frame, words record.Words) {
	b.WriteString("\nLast words of the canary:\n")
	for _, pod := range words.Pods {
		fmt.Fprintf(b, "  pod %s\n", pod.Name)
		for _, end := range pod.Ends {
			paragraph(b, "    ", end, f.Width)
		}
		for _, event := range pod.Events {
			paragraph(b, "    Event: ", event, f.Width)
		}
		for _, log := range pod.Logs {
			fmt.Fprintf(b, "    log of container %s:\n", log.Container)
			for _, line := range log.Lines {
				paragraph(b, "      | ", line, f.Width)
			}
		}
	}
	for _, what := range words.LeftOut {
		paragraph(b, "  not known: ", what, f.Width)
	}
}
