// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

var means = map[rollout.Mode]string{
	rollout.Istio:    "Istio weights",
	rollout.Replicas: "the ratio of pods",
	rollout.Surge:    "the ratio of pods, beside a target whose size an autoscaler sets",
}

// Print writes the plan for people: what is in the way, the steps, then what
// each of them writes.
func (p Plan) Print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Deployment %s/%s: %s", p.Namespace, p.Deployment, count(p.Size, "pod"))
	if p.Service != "" {
		fmt.Fprintf(&b, ", Service %s", p.Service)
	}
	if p.Mode != "" {
		fmt.Fprintf(&b, ", by %s", means[p.Mode])
	}
	b.WriteByte('\n')
	p.printList(&b)
	switch {
	case len(p.Steps) > 0:
		p.printSteps(&b)
		p.printReach(&b)
		p.printChanges(&b)
	case p.StoppedBy == "":
		b.WriteString("\nNothing rolls out: the template is the one that serves already.\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (p Plan) printList(b *strings.Builder) {
	if len(p.Problems) > 0 {
		b.WriteString("\nTo put right, or nothing moves\n")
	}
	for _, problem := range p.Problems {
		fmt.Fprintf(b, "  %s: %s\n", problem.Reason, problem.Message)
	}
	if len(p.Notes) > 0 {
		b.WriteString("\nTo know before traffic moves\n")
	}
	for _, note := range p.Notes {
		fmt.Fprintf(b, "  %s\n", note)
	}
	if p.StoppedBy != "" && len(p.Problems) == 0 {
		fmt.Fprintf(b, "\nIt comes to a stop\n  %s: %s\n", p.StoppedBy, p.Why)
	}
}

func (p Plan) printSteps(b *strings.Builder) {
	b.WriteByte('\n')
	table := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "Step\tBegins\tTakes\tShare\tCanary\tStable\tSum\tMost\t")
	for _, s := range p.Steps {
		takes := span(s.Seconds)
		if s.Person {
			takes += " and a person"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t\n", s.Name, span(s.Begins), takes, or(s.Share, "-"), s.Canary, s.Stable, s.Canary+s.Stable, s.Most)
	}
	_ = table.Flush() // into memory
	fmt.Fprintf(b, "\n%s from the new template to the end, with pods that are available at once", span(p.Seconds))
	if p.Persons > 0 {
		b.WriteString(" and people who answer at once")
	}
	fmt.Fprintf(b, "; at most %s.\n", count(p.MostPods, "pod"))
}

func (p Plan) printChanges(b *strings.Builder) {
	for _, step := range p.Steps {
		if len(step.Changes) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s, after %s\n", step.Name, span(step.Begins))
		for _, change := range step.Changes {
			fmt.Fprintf(b, "\n%s %s %s\n", change.Verb, change.Kind, change.Name)
			if change.shows() {
				b.WriteString(change.Diff)
			}
		}
	}
}

// shows reports whether the difference is worth its lines: what is deleted was
// shown before, and the canary is a copy of what the user wrote.
func (c Change) shows() bool {
	return c.Verb != model.Delete && (c.Verb != model.Create || c.Kind != "Deployment")
}

func span(seconds int) string { return Span(time.Duration(seconds) * time.Second) }

// Span writes a time without the units that are nought at its end.
func Span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
