// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/trace"
)

var began = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// journey is a rollout of so many entries.
func journey(entries int) record.Rollout {
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	return record.Rollout{Began: began, Entries: []record.Entry{
		{At: at(0), Phase: rollout.Progressing, Reason: "NewTemplate"},
		{At: at(10), Phase: rollout.Progressing, Reason: "StepPassed", Weight: 50},
		{At: at(20), Phase: rollout.Progressing, Reason: "Holding", Weight: 50},
		{At: at(80), Phase: rollout.Progressing, Reason: "StepPassed", Weight: 1000},
		{At: at(140), Phase: rollout.Promoting, Reason: "AllStepsPassed", Weight: 1000},
	}[:entries]}
}

func seen(r record.Rollout) observe.World {
	w := observe.World{Key: types.NamespacedName{Namespace: "web", Name: "shop"}}
	w.Target = &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop", UID: "u"}}
	if text := record.EncodeJournal(r); text != "" {
		w.Target.Annotations = map[string]string{annotations.Journal: text}
	}
	return w
}

// tracer keeps what is sent.
func tracer() (*Tracer, *[]trace.Span) {
	var sent []trace.Span
	return &Tracer{Send: func(spans []trace.Span) { sent = append(sent, spans...) }}, &sent
}

func names(spans []trace.Span) (list []string) {
	for _, s := range spans {
		list = append(list, s.Name)
	}
	return list
}

func expect(t *testing.T, sent *[]trace.Span, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, names(*sent)); diff != "" {
		t.Error(diff)
	}
	*sent = nil
}

func TestASpanIsSentOnceAndWhenItEnds(t *testing.T) {
	tracer, sent := tracer()
	for range 2 {
		tracer.Saw(seen(journey(3)), false, began)
	}
	expect(t, sent, "prepare")
	tracer.Saw(seen(journey(4)), false, began)
	expect(t, sent, "hold", "step 5%")
	tracer.Saw(seen(journey(5)), false, began)
	expect(t, sent, "step 100%")
	whole := journey(5)
	whole.Outcome, whole.Ended = record.Promoted, began.Add(time.Hour)
	tracer.Ended(seen(record.Rollout{}), []record.Rollout{whole})
	expect(t, sent, "promote", "rollout")
	tracer.Saw(seen(whole), false, began) // it could not be filed at once
	tracer.Saw(seen(record.Rollout{}), false, began)
	expect(t, sent)
	if len(tracer.targets) > 0 {
		t.Errorf("it remembers %v", tracer.targets)
	}
}

// Nothing is lost with a process, and what is sent twice is the same.
func TestAnotherProcessGoesOn(t *testing.T) {
	first, before := tracer()
	first.Saw(seen(journey(4)), false, began)
	second, after := tracer()
	second.Saw(seen(journey(4)), false, began)
	if diff := cmp.Diff(*before, *after); diff != "" {
		t.Error(diff)
	}
	expect(t, after, "prepare", "hold", "step 5%")
	second.Saw(seen(journey(5)), false, began)
	expect(t, after, "step 100%")
}

// What the record left out was told better by whoever saw it.
func TestAnotherProcessDoesNotRepeatWhatIsNotWholeAnyMore(t *testing.T) {
	thinned := journey(4)
	thinned.Entries[2].Omitted, thinned.Entries[2].Seconds = 7, 1
	first, sent := tracer()
	first.Saw(seen(thinned), false, began)
	expect(t, sent, "prepare")
	second, sent := tracer()
	second.Saw(seen(journey(3)), false, began)
	second.Saw(seen(thinned), false, began)
	expect(t, sent, "prepare", "hold", "step 5%")
}

func TestARolloutEndsWithItsDeployment(t *testing.T) {
	tracer, sent := tracer()
	tracer.Saw(seen(journey(3)), false, began)
	*sent = nil
	for range 2 {
		tracer.Saw(observe.World{Key: types.NamespacedName{Namespace: "web", Name: "shop"}}, true, began.Add(time.Minute))
	}
	root := (*sent)[len(*sent)-1]
	expect(t, sent, "hold", "step 5%", "rollout")
	if !root.End.Equal(began.Add(time.Minute)) {
		t.Errorf("it ended at %s", root.End)
	}
}

func TestAnotherRolloutIsAnotherTrace(t *testing.T) {
	tracer, sent := tracer()
	tracer.Saw(seen(journey(3)), false, began)
	next := journey(3)
	next.Began = began.Add(time.Millisecond)
	tracer.Saw(seen(next), false, began)
	if spans := *sent; len(spans) != 2 || spans[0].Trace == spans[1].Trace {
		t.Errorf("%+v", spans)
	}
	if id := tracer.Of(seen(next), next); id != (*sent)[1].Trace.String() {
		t.Errorf("the trace is %s", id)
	}
}

func TestWithoutATracerNothingIsTraced(t *testing.T) {
	var none *Tracer
	none.Saw(seen(journey(3)), false, began)
	none.Ended(seen(journey(3)), []record.Rollout{journey(3)})
	if id := none.Of(seen(journey(3)), journey(3)); id != "" {
		t.Errorf("the trace is %s", id)
	}
}
