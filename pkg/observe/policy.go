// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/rollout"
)

// unreadable is after how long a ConfigMap that could not be used is read again.
const unreadable = 5 * time.Second

// judged is what a step is judged by.
type judged struct {
	of       step
	policy   checks.Policy
	problems []rollout.Problem
	read     time.Time
	data     map[string]string // of the ConfigMap, where one was read
	changed  string            // tells of a ConfigMap that is another than at the step before
}

// step is what a ConfigMap is read for once: it is not watched, and a change in
// the middle of a rollout counts from the next step on.
type step struct {
	started time.Time
	weight  rollout.Weight
	source  types.NamespacedName
}

// policy is how the step under way is judged: by the user's ConfigMap, or by that
// of the whole cluster, or by the built-in checks, and in addition by what the
// annotations ask for.
func (o *Observer) policy(ctx context.Context, key types.NamespacedName, s *rollout.Snapshot) judged {
	of := step{started: s.Memo.Started, weight: s.Memo.Weight, source: o.Checks}
	if s.Plan.Checks != "" {
		of.source = types.NamespacedName{Namespace: key.Namespace, Name: s.Plan.Checks}
	}
	known, found := o.Memory.judgedBy(key)
	if again := len(known.problems) > 0 && s.Now.Sub(known.read) >= unreadable; !found || known.of != of || again {
		known = o.readPolicy(ctx, of, known, s)
		o.Memory.judgeBy(key, known)
	}
	known.policy.Checks = append(slices.Clip(known.policy.Checks), checks.Wishes(s.Plan.MinSuccessRate, s.Plan.MaxLatency.Quantile, s.Plan.MaxLatency.Below)...)
	return known
}

// readPolicy reads a ConfigMap. What goes wrong is a problem and no error: pods
// are watched all the same, and a rollout can always go back.
func (o *Observer) readPolicy(ctx context.Context, of step, before judged, s *rollout.Snapshot) judged {
	now := judged{of: of, read: s.Now, policy: checks.Policy{Policy: checks.Default()}}
	now.policy.OnNoData, now.policy.WarmUp = s.Plan.OnNoData, s.Plan.WarmUp
	if of.source.Name == "" {
		return now
	}
	wrong := func(text string) {
		now.problems = append(now.problems, rollout.Problem{Reason: rollout.InvalidChecks, Message: fmt.Sprintf("ConfigMap %s: %s", of.source, text)})
	}
	object := &corev1.ConfigMap{}
	switch err := o.Live.Get(ctx, of.source, object); {
	case apierrors.IsNotFound(err):
		wrong("does not exist; create it, or annotate serin.dev/analysis: built-in")
		return now
	case err != nil:
		wrong("cannot be read: " + err.Error())
		return now
	}
	policy, found := checks.FromData(object.Data, now.policy.Policy)
	now.policy, now.data = policy, object.Data
	now.changed = changed(before, now)
	for _, problem := range found {
		wrong(problem.String())
	}
	return now
}

// changed tells of checks that count from this step of a rollout on. As long as
// the step lasts it is told: what is read again had been unusable.
func changed(before, now judged) string {
	switch {
	case before.data == nil, !before.of.started.Equal(now.of.started):
		return ""
	case before.of == now.of && before.changed != "":
		return before.changed
	case before.of.source != now.of.source:
		return fmt.Sprintf("; the checks are those of ConfigMap %s from this step on, and were those of %s", now.of.source, before.of.source)
	case maps.Equal(before.data, now.data):
		return ""
	default:
		return fmt.Sprintf("; ConfigMap %s was changed in the rollout, and counts as it is now from this step on", now.of.source)
	}
}

func (m *Memory) judgedBy(key types.NamespacedName) (judged, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.of(key).judged
	return known, !known.read.IsZero()
}

func (m *Memory) judgeBy(key types.NamespacedName, by judged) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(key).judged = by
}

// weights are those of the rollout under way, as far as this process has seen
// them: after a restart, the present one.
func (m *Memory) weights(key types.NamespacedName, memo rollout.Memo) []measure.Weight {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(key)
	if !r.weighed.Equal(memo.Started) {
		r.weighed, r.weights = memo.Started, nil
	}
	since := memo.Since
	if since.IsZero() {
		since = memo.Started
	}
	now := measure.Weight{From: since, Share: float64(memo.Weight) / float64(rollout.Full)}
	if n := len(r.weights); n == 0 || !r.weights[n-1].From.Equal(since) {
		r.weights = append(r.weights, now)
	}
	return slices.Clip(r.weights)
}
