// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Spans are those of a rollout that have ended, in the order of their ends
// within each part, and the root last, once the rollout has ended itself.
func Spans(s Subject, r record.Rollout) []Span {
	if r.Began.IsZero() {
		return nil
	}
	t := teller{subject: s, rollout: r, trace: Of(s, r.Began)}
	for _, p := range parts(r) {
		t.part(p)
	}
	if r.Outcome != "" {
		t.root()
	}
	return t.spans
}

// teller makes the spans of one rollout.
type teller struct {
	subject Subject
	rollout record.Rollout
	trace   ID
	spans   []Span
}

func (t *teller) rootID() SpanID { return t.trace.span("rollout") }

// common are the attributes of every span.
func (t *teller) common() []Attribute {
	return []Attribute{
		{"k8s.namespace.name", t.subject.Namespace}, {"k8s.deployment.name", t.subject.Deployment}, {"k8s.deployment.uid", t.subject.UID},
	}
}

// part tells of a part and of the waits in it. The part itself is left out
// while it goes on.
func (t *teller) part(p part) {
	id := t.trace.span("part", p.name, strconv.Itoa(p.nth))
	for _, w := range waits(p) {
		if w.ended {
			t.wait(id, w)
		}
	}
	if !p.ended {
		return
	}
	span := Span{Trace: t.trace, ID: id, Parent: t.rootID(), Name: p.name, Start: p.start, End: p.end, Whole: p.omitted() == 0, Failed: condemned(p.next)}
	span.Attributes = t.common()
	if weight := p.entries[0].Weight; strings.HasPrefix(p.name, "step ") {
		span.Attributes = append(span.Attributes, Attribute{"serin.weight", percent(weight)})
	}
	reason := p.next.Reason
	if reason == "" { // the rollout ended with it
		reason = p.entries[len(p.entries)-1].Reason
	}
	span.Attributes = append(span.Attributes, Attribute{"serin.reason", string(reason)})
	span.Attributes = append(span.Attributes, omission(p)...)
	for _, e := range p.entries {
		span.Events = append(span.Events, events(e, later(p.start, e.At))...)
	}
	t.spans = append(t.spans, span)
}

// wait tells of a wait by its last words.
func (t *teller) wait(parent SpanID, p part) {
	last := p.entries[len(p.entries)-1]
	span := Span{
		Trace: t.trace, ID: t.trace.span(parent.String(), p.name, p.start.UTC().Format(time.RFC3339Nano)), Parent: parent,
		Name: p.name, Start: p.start, End: p.end, Whole: p.omitted() == 0,
	}
	span.Attributes = append(t.common(), Attribute{"serin.reason", string(last.Reason)})
	span.Attributes = append(span.Attributes, said(last)...)
	span.Attributes = append(span.Attributes, omission(p)...)
	t.spans = append(t.spans, span)
}

// root tells of the whole.
func (t *teller) root() {
	r := t.rollout
	span := Span{Trace: t.trace, ID: t.rootID(), Name: "rollout", Start: r.Began, End: later(r.Began, r.Ended), Whole: true}
	span.Attributes = append(t.common(), Attribute{"serin.outcome", string(r.Outcome)})
	if r.Mode != "" {
		span.Attributes = append(span.Attributes, Attribute{"serin.traffic", string(r.Mode)})
	}
	span.Attributes = append(span.Attributes, Attribute{"serin.peak_weight", percent(r.Peak())})
	span.Attributes = append(span.Attributes, version("serin.from.", r.From)...)
	span.Attributes = append(span.Attributes, version("serin.to.", r.To)...)
	if last := len(r.Entries) - 1; last >= 0 {
		reason := r.Entries[last].Reason
		for _, e := range r.Entries {
			if why := condemned(e); why != "" {
				reason, span.Failed = e.Reason, why
				break
			}
		}
		span.Attributes = append(span.Attributes, Attribute{"serin.reason", string(reason)})
	}
	switch {
	case r.Outcome != record.RolledBack:
		span.Failed = ""
	case span.Failed == "":
		span.Failed = "rolled back"
	}
	t.spans = append(t.spans, span)
}

// condemned is why the entry gives the canary up; empty: it does not.
func condemned(e record.Entry) string {
	if e.Phase != rollout.RollingBack || !e.Warning {
		return ""
	}
	if e.Message == "" {
		return string(e.Reason)
	}
	return e.Message
}

// events are a move, and what was written after it up to the next entry. A wait
// has a span, so that it is no event.
func events(e record.Entry, at time.Time) (list []Event) {
	if waitOf(e, "") == "" {
		list = append(list, Event{At: at, Name: string(e.Reason), Attributes: said(e)})
	}
	for _, object := range e.Wrote {
		list = append(list, Event{At: at, Name: "write", Attributes: []Attribute{{"serin.object", object}}})
	}
	return list
}

func said(e record.Entry) (list []Attribute) {
	if e.Message != "" {
		list = append(list, Attribute{"serin.message", e.Message})
	}
	if e.Evidence != "" {
		list = append(list, Attribute{"serin.evidence", e.Evidence})
	}
	return list
}

func omission(p part) []Attribute {
	if n := p.omitted(); n > 0 {
		return []Attribute{{"serin.entries_omitted", n}}
	}
	return nil
}

func version(prefix string, v record.Revision) (list []Attribute) {
	if v.Number != "" {
		list = append(list, Attribute{prefix + "revision", v.Number})
	}
	if v.Hash != "" {
		list = append(list, Attribute{prefix + "hash", v.Hash})
	}
	if len(v.Images) > 0 {
		list = append(list, Attribute{prefix + "images", v.Images})
	}
	return list
}

// percent is a weight in percent.
func percent(w rollout.Weight) float64 { return float64(w) / 10 }
