// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
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
func (o *Observer) policy(ctx context.Context, key types.NamespacedName, s *rollout.Snapshot) (checks.Policy, []rollout.Problem) {
	of := step{started: s.Memo.Started, weight: s.Memo.Weight, source: o.Checks}
	if s.Plan.Checks != "" {
		of.source = types.NamespacedName{Namespace: key.Namespace, Name: s.Plan.Checks}
	}
	known, found := o.Memory.judgedBy(key)
	if again := len(known.problems) > 0 && s.Now.Sub(known.read) >= unreadable; !found || known.of != of || again {
		known = judged{of: of, read: s.Now}
		known.policy, known.problems = o.readPolicy(ctx, of.source, s.Plan)
		o.Memory.judgeBy(key, known)
	}
	policy := known.policy
	policy.Checks = append(slices.Clip(policy.Checks), checks.Wishes(s.Plan.MinSuccessRate, s.Plan.MaxLatency.Quantile, s.Plan.MaxLatency.Below)...)
	return policy, known.problems
}

// readPolicy reads a ConfigMap. What goes wrong is a problem and no error: pods
// are watched all the same, and a rollout can always go back.
func (o *Observer) readPolicy(ctx context.Context, source types.NamespacedName, plan rollout.Plan) (checks.Policy, []rollout.Problem) {
	base := checks.Default()
	base.OnNoData, base.WarmUp = plan.OnNoData, plan.WarmUp
	if source.Name == "" {
		return checks.Policy{Policy: base}, nil
	}
	wrong := func(text string) []rollout.Problem {
		return []rollout.Problem{{Reason: rollout.InvalidChecks, Message: fmt.Sprintf("ConfigMap %s: %s", source, text)}}
	}
	object := &corev1.ConfigMap{}
	switch err := o.Live.Get(ctx, source, object); {
	case apierrors.IsNotFound(err):
		return checks.Policy{}, wrong("does not exist; create it, or annotate serin.dev/analysis: built-in")
	case err != nil:
		return checks.Policy{}, wrong("cannot be read: " + err.Error())
	}
	policy, found := checks.FromData(object.Data, base)
	var problems []rollout.Problem
	for _, problem := range found {
		problems = append(problems, wrong(problem.String())...)
	}
	return policy, problems
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
