// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/trace"
)

// Tracer sends the spans of rollouts when they end. It makes them from the
// journal that the target carries, so that a rollout goes on being traced by
// whoever goes on with it. A process that sees a rollout for the first time
// sends everything that has ended by then: what its predecessor had sent has
// the same identifiers. A nil Tracer does nothing.
type Tracer struct {
	Send func(spans []trace.Span) // must not wait

	mu      sync.Mutex
	targets map[types.NamespacedName]*traced
}

// traced is a rollout of which something was sent.
type traced struct {
	subject trace.Subject
	journal string // as last seen
	rollout record.Rollout
	sent    map[trace.SpanID]bool
}

// Saw tells of what a target carries.
func (t *Tracer) Saw(w observe.World, gone bool, now time.Time) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.Target == nil || gone {
		t.lost(w.Key, now)
		return
	}
	text := w.Target.Annotations[annotations.Journal]
	one, found := t.targets[w.Key]
	if text == "" {
		delete(t.targets, w.Key)
		return
	}
	if found && one.journal == text {
		return
	}
	// A journal that cannot be read is none.
	if journal, err := record.DecodeJournal(text); err == nil {
		t.tell(subject(w), journal).journal = text
	}
}

// Ended tells of rollouts that ended with a pass.
func (t *Tracer) Ended(w observe.World, rollouts []record.Rollout) {
	if t == nil || w.Target == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range rollouts {
		t.tell(subject(w), one)
	}
}

// Repeat tells of a rollout that another process ended. What the record leaves
// out was told by that process, and better.
func (t *Tracer) Repeat(s trace.Subject, r record.Rollout) {
	whole := slices.DeleteFunc(trace.Spans(s, r), func(s trace.Span) bool { return !s.Whole })
	if len(whole) > 0 {
		t.Send(whole)
	}
}

// Of is the trace of a rollout; empty: nothing is traced.
func (t *Tracer) Of(w observe.World, r record.Rollout) string {
	if t == nil || w.Target == nil {
		return ""
	}
	return trace.Of(subject(w), r.Began).String()
}

func subject(w observe.World) trace.Subject {
	return trace.Subject{Namespace: w.Key.Namespace, Deployment: w.Key.Name, UID: string(w.Target.UID)}
}

// lost ends the rollout of a target that is gone: nobody will tell its end.
func (t *Tracer) lost(key types.NamespacedName, now time.Time) {
	one, found := t.targets[key]
	if !found {
		return
	}
	if one.rollout.Underway() {
		end := one.rollout
		end.Outcome, end.Ended = record.Abandoned, now.UTC()
		t.tell(one.subject, end)
	}
	delete(t.targets, key)
}

// tell sends what was not sent yet. What a journal leaves out was told by
// whoever wrote it, and better.
func (t *Tracer) tell(s trace.Subject, r record.Rollout) *traced {
	key := types.NamespacedName{Namespace: s.Namespace, Name: s.Deployment}
	one, found := t.targets[key]
	if !found || one.subject != s || !one.rollout.Began.Equal(r.Began) {
		one, found = &traced{subject: s, sent: map[trace.SpanID]bool{}}, false
		if t.targets == nil {
			t.targets = map[types.NamespacedName]*traced{}
		}
		t.targets[key] = one
	}
	one.rollout = r
	var fresh []trace.Span
	for _, span := range trace.Spans(s, r) {
		if !one.sent[span.ID] && (found || span.Whole) {
			fresh = append(fresh, span)
		}
		one.sent[span.ID] = true
	}
	if len(fresh) > 0 {
		t.Send(fresh)
	}
	return one
}
