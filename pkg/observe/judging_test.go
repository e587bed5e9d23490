// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/rollout"
)

// counter is a Measurer that has one answer.
type counter struct {
	answer    measure.Answer
	asked     measure.Question
	forgotten int
}

func (c *counter) Samples(_ types.NamespacedName, q measure.Question) measure.Answer {
	c.asked = q
	return c.answer
}

func (c *counter) Forget(types.NamespacedName) { c.forgotten++ }

func checksMap(namespace, text string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "checks"}, Data: map[string]string{"checks.yaml": text}}
}

const (
	strict   = "interval: 5s\nchecks:\n- {name: errors, kind: errors}\n"
	stricter = "interval: 10s\nchecks:\n- {name: errors, kind: errors}\n"
)

// judging is an observer of a rollout at 25 % in the mesh.
func judging(objects ...client.Object) (*Observer, *counter, *rollout.Snapshot) {
	c := &counter{answer: measure.Answer{Preset: "http"}}
	o := &Observer{Memory: NewMemory(), Measure: c, Live: fake.NewClientBuilder().WithObjects(objects...).Build()}
	s := &rollout.Snapshot{Now: start.Add(time.Minute)}
	s.Target.OptedIn = true
	s.Memo = rollout.Memo{Started: start, Mode: rollout.Istio, Weight: 250, Since: start, Service: "shop", Stable: "one"}
	return o, c, s
}

// look judges at an instant, as one pass does.
func look(t *testing.T, o *Observer, s *rollout.Snapshot, after time.Duration) rollout.Snapshot {
	t.Helper()
	one := *s
	one.Now = start.Add(after)
	if err := o.judge(t.Context(), &World{Key: key}, &one); err != nil {
		t.Fatal(err)
	}
	return one
}

func words(s rollout.Snapshot) string {
	text := s.Verdict.Evidence
	for _, p := range s.Problems {
		text += "\n" + string(p.Reason) + " " + p.Message
	}
	return text
}

func TestChecksAreReadOnceForEachStep(t *testing.T) {
	o, c, s := judging(checksMap("web", strict))
	s.Plan.Checks = "checks"
	if first := look(t, o, s, time.Minute); c.asked.Interval != 5*time.Second || strings.Contains(words(first), "changed") {
		t.Errorf("every %s: %s", c.asked.Interval, words(first))
	}
	if err := o.Live.(client.Client).Update(t.Context(), checksMap("web", stricter)); err != nil {
		t.Fatal(err)
	}
	if same := look(t, o, s, 2*time.Minute); c.asked.Interval != 5*time.Second || strings.Contains(words(same), "changed") {
		t.Errorf("a change counts in the middle of a step: every %s: %s", c.asked.Interval, words(same))
	}
	s.Memo.Weight = 500
	const told = "ConfigMap web/checks was changed in the rollout, and counts as it is now from this step on"
	for range 2 {
		if next := look(t, o, s, 3*time.Minute); c.asked.Interval != 10*time.Second || !strings.Contains(words(next), told) {
			t.Errorf("every %s: %s", c.asked.Interval, words(next))
		}
	}
	s.Memo.Weight = 1000
	if last := look(t, o, s, 4*time.Minute); strings.Contains(words(last), told) {
		t.Errorf("it is told at a later step: %s", words(last))
	}
	s.Memo.Started = start.Add(5 * time.Minute)
	if err := o.Live.(client.Client).Update(t.Context(), checksMap("web", strict)); err != nil {
		t.Fatal(err)
	}
	if other := look(t, o, s, 6*time.Minute); c.asked.Interval != 5*time.Second || strings.Contains(words(other), told) {
		t.Errorf("another rollout: every %s: %s", c.asked.Interval, words(other))
	}
}

func TestChecksThatCannotBeUsedHold(t *testing.T) {
	for name, test := range map[string]struct {
		objects []client.Object
		says    []string
	}{
		"none there":   {nil, []string{"InvalidChecks ConfigMap web/checks: does not exist", "serin.dev/analysis: built-in"}},
		"two mistakes": {[]client.Object{checksMap("web", "interval: 1ms\nchecks:\n- {name: errors, kind: erors}\n")}, []string{"interval", "erors"}},
	} {
		t.Run(name, func(t *testing.T) {
			o, _, s := judging(test.objects...)
			s.Plan.Checks = "checks"
			bad := look(t, o, s, time.Minute)
			for _, word := range test.says {
				if !strings.Contains(words(bad), word) {
					t.Errorf("it does not say %q, but %s", word, words(bad))
				}
			}
			if bad.Verdict.Outcome == analysis.Passed {
				t.Error("what cannot be judged passes")
			}
			put := o.Live.(client.Client).Create
			if test.objects != nil {
				put = func(ctx context.Context, object client.Object, _ ...client.CreateOption) error {
					return o.Live.(client.Client).Update(ctx, object)
				}
			}
			if err := put(t.Context(), checksMap("web", strict)); err != nil {
				t.Fatal(err)
			}
			if soon := look(t, o, s, time.Minute+unreadable/2); len(soon.Problems) == 0 {
				t.Error("it is read at every look")
			}
			if later := look(t, o, s, time.Minute+unreadable); len(later.Problems) > 0 {
				t.Errorf("mended, and still %s", words(later))
			}
		})
	}
}

func TestChecksOfTheWholeCluster(t *testing.T) {
	o, c, s := judging(checksMap("serin-system", stricter), checksMap("web", strict))
	o.Checks = types.NamespacedName{Namespace: "serin-system", Name: "checks"}
	look(t, o, s, time.Minute)
	if c.asked.Interval != 10*time.Second {
		t.Errorf("the cluster's checks ask every %s", c.asked.Interval)
	}
	s.Plan.Checks, s.Memo.Weight = "checks", 500
	if own := look(t, o, s, 2*time.Minute); c.asked.Interval != 5*time.Second || !strings.Contains(words(own), "those of ConfigMap web/checks from this step on") {
		t.Errorf("the user's own ask every %s: %s", c.asked.Interval, words(own))
	}
}

func TestWhoIsMeasured(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(*Observer, *rollout.Snapshot)
		measured bool
		says     string
	}{
		"a canary on its way":                {func(*Observer, *rollout.Snapshot) {}, true, ""},
		"at rest":                            {func(_ *Observer, s *rollout.Snapshot) { s.Memo = rollout.Memo{} }, false, ""},
		"on its way back":                    {func(_ *Observer, s *rollout.Snapshot) { s.Memo.Ending = rollout.Reject }, false, ""},
		"promoting":                          {func(_ *Observer, s *rollout.Snapshot) { s.Memo.Promoting = true }, false, ""},
		"opted out":                          {func(_ *Observer, s *rollout.Snapshot) { s.Target.OptedIn = false }, false, ""},
		"gone":                               {func(_ *Observer, s *rollout.Snapshot) { s.Target.Gone = true }, false, ""},
		"wanted by nobody":                   {func(_ *Observer, s *rollout.Snapshot) { s.Plan.ChecksOff = true }, false, ""},
		"by nobody, as there is none to ask": {func(o *Observer, _ *rollout.Snapshot) { o.Measure = nil }, false, ""},
		"wished for, and there is none to ask": {func(o *Observer, s *rollout.Snapshot) {
			o.Measure, s.Plan.MinSuccessRate = nil, 0.99
		}, false, "InvalidChecks measuring takes a Prometheus"},
	} {
		t.Run(name, func(t *testing.T) {
			o, c, s := judging()
			test.change(o, s)
			got := look(t, o, s, time.Minute)
			if measured := c.asked.Interval > 0; measured != test.measured || !strings.Contains(words(got), test.says) {
				t.Errorf("measured: %v; %s", measured, words(got))
			}
			if o.Measure != nil && !test.measured && c.forgotten != 1 {
				t.Errorf("forgotten %d times", c.forgotten)
			}
		})
	}
}

// A workload outside of the mesh of which Prometheus knows nothing is judged by
// its pods alone; in the mesh there should be metrics.
func TestWithoutMetricsOfRequests(t *testing.T) {
	nothing := measure.Answer{Samples: map[string]analysis.Samples{"errors": {Intervals: []analysis.Interval{{From: start, To: start.Add(time.Minute), State: analysis.NoSeries}}}}}
	o, c, s := judging()
	c.answer = nothing
	if meshed := look(t, o, s, time.Minute); strings.Contains(words(meshed), "pod health only") {
		t.Errorf("in the mesh: %s", words(meshed))
	}
	s.Memo.Mode = rollout.Replicas
	if by := look(t, o, s, time.Minute); !strings.Contains(words(by), "pod health only") || by.Verdict.Outcome != analysis.Passed {
		t.Errorf("by the ratio of pods: %v, %s", by.Verdict.Outcome, words(by))
	}
	s.Plan.MinSuccessRate = 0.99
	if wished := look(t, o, s, time.Minute); strings.Contains(words(wished), "pod health only") {
		t.Errorf("with a wish of the user's: %s", words(wished))
	}
}
