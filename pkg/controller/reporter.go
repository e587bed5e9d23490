// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/serin-dev/serin/pkg/apply"
	"github.com/serin-dev/serin/pkg/metrics"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Reporter tells what was done, after it was done: one Event, one line and one
// count for a move.
type Reporter struct {
	Events events.EventRecorder
	Board  *metrics.Board
	Tracer *Tracer // nil: nothing is traced
}

// Happened counts what was written and what others undid, also where the pass
// then ended in an error.
func (r Reporter) Happened(w observe.World, d rollout.Decision, c apply.Changes, undone int) {
	metrics.Routed(len(c.Routes))
	metrics.Undone(undone)
	for _, command := range c.Consumed {
		metrics.Commanded(command, answer(command, d))
	}
	for _, one := range c.Ended {
		metrics.Ended(one, r.Tracer.Of(w, one))
		r.Board.Ended(boardKey(w), metrics.Ending{Outcome: string(one.Outcome), At: one.Ended})
	}
	r.Tracer.Ended(w, c.Ended)
}

// Stands tells metrics where the target stands after a pass.
func (r Reporter) Stands(w observe.World, s rollout.Snapshot, d rollout.Decision) {
	key := boardKey(w)
	if s.Target.Gone || (!s.Target.OptedIn && d.Memo.Started.IsZero()) {
		r.Board.Forget(key)
		return
	}
	r.Board.Show(key, shown(s, d))
}

func boardKey(w observe.World) metrics.Key {
	return metrics.Key{Namespace: w.Key.Namespace, Deployment: w.Key.Name}
}

// noteLimit is the most that the API server takes as an Event's note, in bytes.
const noteLimit = 1000

// Moved tells of a decision that changed something. Parts of a move that is
// told elsewhere are logged for those who ask.
func (r Reporter) Moved(ctx context.Context, w observe.World, s rollout.Snapshot, d rollout.Decision, c apply.Changes) {
	if !c.Any() {
		return
	}
	logger := log.FromContext(ctx).WithValues("phase", d.Phase, "reason", d.Reason, "weight", d.Memo.Weight.String(),
		"canary", s.Canary.Available, "stable", s.Stable.Available, "message", d.Message)
	if d.Quiet && (!d.Warning || !c.Told) {
		logger.V(1).Info("Prepared a move")
		return
	}
	logger.Info("Moved rollout")
	metrics.Moved(d.Reason)
	r.Board.Moved(boardKey(w), string(d.Reason))
	kind := corev1.EventTypeNormal
	if d.Warning {
		kind = corev1.EventTypeWarning
	}
	if w.Target != nil {
		r.Events.Eventf(w.Target, nil, kind, string(d.Reason), "Rollout", "%s", note(d))
	}
}

func note(d rollout.Decision) string {
	text := fmt.Sprintf("%s: %s", d.Phase, d.Message)
	if d.Memo.Weight > 0 && d.Phase == rollout.Progressing {
		text = fmt.Sprintf("%s at %s: %s", d.Phase, d.Memo.Weight, d.Message)
	}
	return shortened(text)
}

// shortened cuts a text to what an Event takes, between two characters: the API
// server refuses half of one.
func shortened(text string) string {
	if len(text) <= noteLimit {
		return text
	}
	return strings.ToValidUTF8(text[:noteLimit-len("...")], "") + "..."
}

// persists is for how long requests fail before anybody is told: less heals by itself.
const persists = 10 * time.Second

// Refused tells, on the target, of a permission that the controller lacks, at
// once, and of any other error when passes have ended in one for long. The API
// server's words name verb and resource, or whoever refuses. Each action is
// told of by itself: Events that differ in their notes only become one.
func (r Reporter) Refused(w observe.World, action string, err error, lasting time.Duration) {
	reason := rollout.Forbidden
	if !apierrors.IsForbidden(err) {
		reason = rollout.RequestFailed
	}
	if w.Target == nil || (reason == rollout.RequestFailed && lasting < persists) {
		return
	}
	r.Events.Eventf(w.Target, nil, corev1.EventTypeWarning, string(reason), action, "%s", shortened(err.Error()))
}

// Unfiled tells why a rollout is missing in the record. One that is to be filed
// later is no news yet.
func (r Reporter) Unfiled(ctx context.Context, w observe.World, c apply.Changes) {
	if c.Unfiled == nil || w.Target == nil {
		return
	}
	log.FromContext(ctx).Info("Not recorded", "later", c.Later, "why", c.Unfiled.Error())
	switch {
	case c.Later:
	case apierrors.IsForbidden(c.Unfiled):
		r.Refused(w, "Record", c.Unfiled, 0)
	default:
		r.Events.Eventf(w.Target, nil, corev1.EventTypeWarning, string(rollout.NotRecorded), "Record", "%s", shortened(c.Unfiled.Error()))
	}
}
