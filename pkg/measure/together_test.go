// SPDX-License-Identifier: Apache-2.0

package measure_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/presets"
)

// fleet is rollouts in the mesh, each judged as one without a ConfigMap is.
type fleet struct {
	*measure.Follower
	questions []measure.Question
}

// release begins so many rollouts of one namespace, each a little later than the
// one before.
func release(f *measure.Follower, n int, more ...analysis.Check) *fleet {
	all := &fleet{Follower: f}
	usual := []analysis.Check{byErrors, {Name: "p99", Kind: analysis.Latency, Quantile: 0.99}, {Name: "p50", Kind: analysis.Latency, Quantile: 0.5}}
	for i := range n {
		name := fmt.Sprintf("shop-%d", i)
		all.questions = append(all.questions, measure.Question{
			Subject: presets.Subject{Namespace: "web", Target: name, Canary: name + "-canary", Service: name, StableHash: "5d9f"},
			Since:   time.Now(), Interval: 10 * time.Second, Checks: append(slices.Clone(usual), more...),
		})
		time.Sleep(30 * time.Millisecond)
	}
	return all
}

func (all *fleet) answer(i int) measure.Answer {
	q := all.questions[i]
	return all.Samples(types.NamespacedName{Namespace: "web", Name: q.Subject.Target}, q)
}

// intervals has each rollout asked for in each of so many intervals.
func (all *fleet) intervals(n int) {
	for range n {
		for i := range all.questions {
			all.answer(i)
		}
		pass(10 * time.Second)
	}
}

// last is the newest interval of a rollout's check.
func (all *fleet) last(i int, check string) analysis.Interval {
	intervals := all.answer(i).Samples[check].Intervals
	if len(intervals) == 0 {
		return analysis.Interval{State: analysis.NotMeasured}
	}
	return intervals[len(intervals)-1]
}

// counted complains of a rollout that does not have what is its own.
func (all *fleet) counted(t *testing.T, i int, checks ...string) {
	t.Helper()
	for _, check := range checks {
		if last := all.last(i, check); last.State != analysis.Usable || last.Stable.Total != pace(fmt.Sprintf("shop-%d", i))*10 || last.Canary.Total != 100 {
			t.Errorf("%s of rollout %d: %+v", check, i, last)
		}
	}
}

// Twenty rollouts take as many questions as one: for the requests, for those that
// found no endpoint, and for the slow ones. Not more than fifty are in one question; both
// quantiles' bounds are two.
func TestRolloutsAskTogether(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{1: 3, 20: 3, 120: 3 + 3 + 5} {
		prometheus := &mesh{}
		followBy(t, prometheus, func(t *testing.T, f *measure.Follower) {
			all := release(f, n)
			all.intervals(6)
			before := prometheus.questions()
			all.intervals(6)
			if asked := prometheus.questions() - before; asked != 6*want {
				t.Errorf("%d rollouts: %d questions in 6 intervals, want %d in each: %q", n, asked, want, prometheus.queries)
			}
			for i := range n {
				all.counted(t, i, "errors", "p99", "p50")
			}
		})
	}
}

// A query that several checks or rollouts have in common is asked once; and
// whoever looks for metrics does so with the others.
func TestTheSameQueryIsAskedOnce(t *testing.T) {
	t.Parallel()
	prometheus := &mesh{}
	followBy(t, prometheus, func(t *testing.T, f *measure.Follower) {
		all := release(f, 20, byQuery, analysis.Check{Name: "again", Kind: analysis.Threshold, Query: "depth", Interval: 30 * time.Second})
		all.intervals(12)
		asked := map[string]int{}
		for _, query := range prometheus.queries {
			asked[query]++
		}
		if n := asked["depth"]; n != 3 {
			t.Errorf("the query was asked %d times in not quite two minutes", n)
		}
		looked := 0
		for query, n := range asked {
			if strings.HasPrefix(query, "group") {
				looked += n
			}
		}
		if looked != 2*3 { // for each preset: for the first rollout, which was alone, and for the others
			t.Errorf("metrics were looked for %d times: %q", looked, prometheus.queries)
		}
	})
}

// One workload that Prometheus cannot answer for delays the others by no more
// than that question. Then it is asked for by itself.
func TestOneThatCannotBeAnsweredIsLeftToItself(t *testing.T) {
	t.Parallel()
	prometheus := &mesh{}
	prometheus.broken = func(query string) error {
		if strings.Contains(query, "shop-7-canary") {
			time.Sleep(10 * time.Second) // as long as a question may take
			return errors.New("it took too long")
		}
		return nil
	}
	followBy(t, prometheus, func(t *testing.T, f *measure.Follower) {
		all := release(f, 20)
		all.intervals(5)
		for i := range 20 {
			if i != 7 {
				all.counted(t, i, "errors", "p99")
			}
		}
		if last := all.last(7, "errors"); last.State != analysis.Unreachable || !strings.Contains(last.Why, "too long") {
			t.Errorf("the one that is not answered: %+v", last)
		}
		prometheus.set(func() { prometheus.broken = nil })
		all.intervals(60)
		all.counted(t, 7, "errors", "p99", "p50")
		before := prometheus.questions()
		all.intervals(6)
		if asked := prometheus.questions() - before; asked != 6*3 {
			t.Errorf("they are not together again: %d questions in 6 intervals", asked)
		}
	})
}

// Whoever gives up leaves the others their answer, and the last to do so ends the question.
func TestWhoGivesUpLeavesTheOthersTheirAnswer(t *testing.T) {
	t.Parallel()
	prometheus := &mesh{}
	followBy(t, prometheus, func(t *testing.T, f *measure.Follower) {
		all := release(f, 3)
		all.intervals(3)
		prometheus.set(func() { prometheus.stuck = true })
		all.intervals(1)
		pass(3 * time.Second)
		if n := prometheus.under(); n == 0 {
			t.Fatal("no question is under way")
		}
		f.Forget(types.NamespacedName{Namespace: "web", Name: "shop-1"})
		pass(time.Second)
		if n := prometheus.under(); n == 0 {
			t.Error("one gave up, and the question for the others ended")
		}
		for _, i := range []int{0, 2} {
			f.Forget(types.NamespacedName{Namespace: "web", Name: fmt.Sprintf("shop-%d", i)})
		}
		pass(time.Second)
		if n := prometheus.under(); n != 0 {
			t.Errorf("%d questions are under way, and nobody waits for them", n)
		}
	})
}
