// SPDX-License-Identifier: Apache-2.0

package measure_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// fake is a Prometheus whose counters rise by a number for each second, and
// which was asked so many times.
type fake struct {
	mu     sync.Mutex
	asked  int
	err    error
	stuck  bool
	ranges []string
}

func (f *fake) note(ctx context.Context) error {
	f.mu.Lock()
	f.asked++
	stuck, err := f.stuck, f.err
	f.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) questions() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// Raw scrapes both versions every five seconds.
func (f *fake) Raw(ctx context.Context, _ string, after, until time.Time) ([]tally.Series, error) {
	if err := f.note(ctx); err != nil {
		return nil, err
	}
	var all []tally.Series
	for pod, pace := range map[string]float64{"shop-5d9f-aaaaa": 90, "shop-canary-77b4-aaaaa": 10} {
		s := tally.Series{Labels: map[string]string{"pod": pod, "instance": pod, "code": "200", "le": "+Inf"}}
		for at := after.Truncate(5 * time.Second); !at.After(until); at = at.Add(5 * time.Second) {
			if at.After(after) {
				s.Points = append(s.Points, tally.Point{At: at.UnixMilli(), Value: pace * float64(at.Unix()-946_684_800+1000)})
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// Range has the preset http, and a histogram of stable's.
func (f *fake) Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]tally.Series, error) {
	if err := f.note(ctx); err != nil {
		return nil, err
	}
	if strings.Contains(query, "istio") || strings.Contains(query, "grpc") {
		return nil, nil
	}
	f.set(func() { f.ranges = append(f.ranges, query) })
	s := tally.Series{Labels: map[string]string{"le": "+Inf"}}
	for at := from; !at.After(to); at = at.Add(step) {
		s.Points = append(s.Points, tally.Point{At: at.UnixMilli(), Value: 7})
	}
	return []tally.Series{s}, nil
}

var key = types.NamespacedName{Namespace: "web", Name: "shop"}

func question(since time.Time, checks ...analysis.Check) measure.Question {
	return measure.Question{
		Subject: presets.Subject{Namespace: "web", Target: "shop", Canary: "shop-canary", Service: "shop", StableHash: "5d9f"},
		Since:   since, Interval: 10 * time.Second, Checks: checks,
	}
}

var (
	byErrors = analysis.Check{Name: "errors", Kind: analysis.Errors}
	byQuery  = analysis.Check{Name: "own", Kind: analysis.Threshold, Query: "depth", Interval: 30 * time.Second}
)

// follow runs a test in a bubble with a follower that runs.
func follow(t *testing.T, test func(t *testing.T, f *measure.Follower, prometheus *fake)) {
	t.Helper()
	prometheus := &fake{}
	followBy(t, prometheus, func(t *testing.T, f *measure.Follower) { test(t, f, prometheus) })
}

// followBy does so with another Prometheus.
func followBy(t *testing.T, asker measure.Asker, test func(t *testing.T, f *measure.Follower)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &measure.Follower{Asker: asker, Presets: presets.All(presets.UsualLabels, presets.UsualHTTP), Clock: clock.RealClock{}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = f.Start(ctx)
		}()
		test(t, f)
		cancel()
		<-done
	})
}

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestARolloutIsFollowed(t *testing.T) {
	t.Parallel()
	follow(t, func(t *testing.T, f *measure.Follower, _ *fake) {
		woken := 0
		f.Changed = func(_ context.Context, who types.NamespacedName) {
			if who == key {
				woken++
			}
		}
		q := question(time.Now(), byErrors, byQuery)
		if a := f.Samples(key, q); len(a.Samples) != 0 || a.Preset != "" {
			t.Errorf("something is known at once: %+v", a)
		}
		for range 6 {
			pass(10 * time.Second)
			f.Samples(key, q)
		}
		pass(5 * time.Second)
		a := f.Samples(key, q)
		intervals, readings := a.Samples["errors"].Intervals, a.Samples["own"].Readings
		if len(intervals) != 6 || intervals[5].Stable.Total != 900 || intervals[5].Canary.Total != 100 || a.Preset != "http" {
			t.Errorf("got %s and %+v", a.Preset, intervals)
		}
		if len(readings) != 2 || readings[1].Value != 7 || readings[1].Requests != -1 {
			t.Errorf("got %+v", readings)
		}
		if canary, all := a.Share(q.Since.Add(10 * time.Second)); canary != 500 || all != 5000 {
			t.Errorf("%g of %g requests went to the canary", canary, all)
		}
		if woken < 6 || woken > 9 {
			t.Errorf("woken %d times", woken)
		}
	})
}

// A controller that begins late reads the same as one that followed, and so
// does one to which Prometheus was away for a while.
func TestLaterIsTheSame(t *testing.T) {
	t.Parallel()
	follow(t, func(t *testing.T, f *measure.Follower, prometheus *fake) {
		q := question(time.Now(), byErrors, byQuery)
		other := types.NamespacedName{Namespace: "web", Name: "late"}
		for i := range 120 {
			prometheus.set(func() { prometheus.err = map[bool]error{true: errors.New("away")}[i > 30 && i < 60] })
			f.Samples(key, q)
			pass(10 * time.Second)
			if i == 50 {
				for name, samples := range f.Samples(key, q).Samples {
					if states := fmt.Sprint(samples); !strings.Contains(states, "Unreachable away") {
						t.Errorf("%s: %s", name, states)
					}
				}
			}
		}
		pass(3500 * time.Millisecond) // so long after an instant its samples are read at the latest
		live := f.Samples(key, q)
		f.Samples(other, q)
		pass(5 * time.Second)
		late := f.Samples(other, q)
		if diff := cmp.Diff(live, late); diff != "" || len(live.Traffic) < 119 {
			t.Errorf("%d intervals: %s", len(live.Traffic), diff)
		}
	})
}

// What nobody asks for is forgotten, and so is what ended; before the first
// question nothing is asked.
func TestIdleIsFree(t *testing.T) {
	t.Parallel()
	follow(t, func(t *testing.T, f *measure.Follower, prometheus *fake) {
		quiet := func(when string) {
			t.Helper()
			before := prometheus.questions()
			pass(time.Hour)
			if n := prometheus.questions() - before; n != 0 {
				t.Errorf("%s: %d questions", when, n)
			}
		}
		quiet("before the first rollout")
		f.Samples(key, question(time.Now(), byErrors))
		pass(time.Minute)
		f.Forget(key)
		quiet("after it was forgotten")
		f.Forget(key)
		f.Samples(key, question(time.Now(), byErrors))
		pass(6 * time.Minute)
		quiet("when nobody asks")
	})
}

// While Prometheus is away there is nothing new. Whoever asks is woken all the
// same now and then, so that the rollout is not forgotten.
func TestAnOutageIsNotForgotten(t *testing.T) {
	t.Parallel()
	follow(t, func(t *testing.T, f *measure.Follower, prometheus *fake) {
		q := question(time.Now(), byErrors)
		f.Changed = func(_ context.Context, who types.NamespacedName) { f.Samples(who, q) }
		prometheus.set(func() { prometheus.err = errors.New("away") })
		f.Samples(key, q)
		pass(time.Hour)
		prometheus.set(func() { prometheus.err = nil })
		pass(time.Minute)
		if n := len(f.Samples(key, q).Traffic); n < 360 {
			t.Errorf("%d intervals", n)
		}
	})
}

func TestAStuckPrometheusDelaysNobody(t *testing.T) {
	t.Parallel()
	follow(t, func(t *testing.T, f *measure.Follower, prometheus *fake) {
		prometheus.set(func() { prometheus.stuck = true })
		began := time.Now()
		for i := range 100 {
			q := question(began.Add(-time.Minute), byErrors)
			q.Subject.Namespace = fmt.Sprint(i) // so that none can be asked for with another
			f.Samples(types.NamespacedName{Name: fmt.Sprint(i)}, q)
		}
		synctest.Wait()
		if took := time.Since(began); took != 0 {
			t.Errorf("asking took %s", took)
		}
		pass(time.Second)
		if n := prometheus.questions(); n != 4 {
			t.Errorf("%d questions at the same time", n)
		}
	})
}

// Another rollout of the same Deployment begins from nothing; another list of
// checks keeps what is known of those that stayed.
func TestAnotherQuestion(t *testing.T) {
	t.Parallel()
	follow(t, func(t *testing.T, f *measure.Follower, prometheus *fake) {
		q := question(time.Now(), byErrors)
		f.Samples(key, q)
		pass(time.Minute)
		if n := len(f.Samples(key, q).Traffic); n < 5 {
			t.Fatalf("%d intervals", n)
		}
		before := prometheus.questions()
		q.Checks = append(q.Checks, byQuery)
		f.Samples(key, q)
		pass(time.Second)
		if a := f.Samples(key, q); len(a.Samples["errors"].Intervals) < 5 || len(a.Samples["own"].Readings) != 1 || prometheus.questions() > before+2 {
			t.Errorf("got %+v after %d questions", a, prometheus.questions()-before)
		}
		q.Since = time.Now()
		if a := f.Samples(key, q); len(a.Traffic) != 0 {
			t.Errorf("another rollout has %+v", a.Traffic)
		}
	})
}

// A pod that is too young, a weight that is not known, and too few requests.
func TestWhatIsLaidOver(t *testing.T) {
	t.Parallel()
	follow(t, func(t *testing.T, f *measure.Follower, _ *fake) {
		rate := analysis.Check{Name: "rate", Kind: analysis.Threshold, Metric: analysis.SuccessRate, MinRequests: 150, Interval: 10 * time.Second}
		own := byQuery
		own.MinRequests = 200
		q := question(time.Now(), byErrors, rate, own)
		q.Warming = []measure.Period{{From: q.Since, To: q.Since.Add(15 * time.Second)}}
		f.Samples(key, q)
		pass(65 * time.Second)
		a := f.Samples(key, q)
		states := func(all []analysis.Reading) (found []analysis.State) {
			for _, r := range all {
				found = append(found, r.State)
			}
			return found
		}
		if i := a.Samples["errors"].Intervals; i[0].State != analysis.WarmingUp || i[1].State != analysis.WarmingUp || i[2].State != analysis.Usable {
			t.Errorf("got %+v", i)
		}
		if got := states(a.Samples["rate"].Readings); got[1] != analysis.WarmingUp || got[2] != analysis.TooFew {
			t.Errorf("got %q", got)
		}
		if got := a.Samples["own"].Readings; len(got) != 2 || got[0].State != analysis.WarmingUp || got[1].State != analysis.Usable || got[1].Requests != 300 {
			t.Errorf("got %+v", got)
		}
	})
}

// proxies is what the proxies of clients report of a canary that has no endpoint.
type proxies struct{}

func (proxies) Raw(_ context.Context, selector string, after, until time.Time) ([]tally.Series, error) {
	workload, code, pace := "shop", "200", 90.0
	if strings.Contains(selector, `"unknown"`) {
		workload, code, pace = "unknown", "503", 10
	}
	s := tally.Series{Labels: map[string]string{"reporter": "source", "source_workload": "web", "destination_workload": workload, "response_code": code, "instance": "web"}}
	for at := after.Truncate(5 * time.Second); !at.After(until); at = at.Add(5 * time.Second) {
		if at.After(after) {
			s.Points = append(s.Points, tally.Point{At: at.UnixMilli(), Value: pace * float64(at.Unix()-946_684_800+1000)})
		}
	}
	return []tally.Series{s}, nil
}

func (proxies) Range(_ context.Context, _ string, from, _ time.Time, _ time.Duration) ([]tally.Series, error) {
	return []tally.Series{{Points: []tally.Point{{At: from.UnixMilli(), Value: 1}}}}, nil
}

// Requests that find no endpoint are seen, although nobody counts them for the canary.
func TestACanaryWithoutEndpoints(t *testing.T) {
	t.Parallel()
	followBy(t, proxies{}, func(t *testing.T, f *measure.Follower) {
		q := question(time.Now(), byErrors)
		f.Samples(key, q)
		pass(35 * time.Second)
		if i := f.Samples(key, q).Samples["errors"].Intervals; len(i) != 3 || i[2].State != analysis.NoSeries {
			t.Errorf("without a weight: %+v", i)
		}
		q.Weights = []measure.Weight{{From: q.Since, Share: 0}, {From: q.Since.Add(10 * time.Second), Share: 0.1}}
		i := f.Samples(key, q).Samples["errors"].Intervals
		if len(i) != 3 || i[0].State != analysis.NoSeries || i[1].State != analysis.Usable || i[1].Canary != (analysis.Counts{Bad: 10, Total: 10}) || i[1].Stable != (analysis.Counts{Bad: 90, Total: 990}) || i[1].Unserved != 100 {
			t.Errorf("got %+v", i)
		}
	})
}

// Stable's own speed is looked for at instants that double.
func TestLatencyWaitsForStable(t *testing.T) {
	t.Parallel()
	follow(t, func(t *testing.T, f *measure.Follower, prometheus *fake) {
		q := question(time.Now(), analysis.Check{Name: "slow", Kind: analysis.Latency, Quantile: 0.99})
		for range 40 {
			f.Samples(key, q)
			pass(10 * time.Second)
		}
		asked := 0
		for _, query := range prometheus.ranges {
			if strings.Contains(query, "sum by (le)") {
				asked++
			}
		}
		if asked != 7 { // after 0, 10, 20, 40, 80, 160 and 320 seconds
			t.Errorf("asked %d times: %q", asked, prometheus.ranges)
		}
		if i := f.Samples(key, q).Samples["slow"].Intervals; len(i) != 1 || i[0].State != analysis.NoSeries {
			t.Errorf("got %+v", i)
		}
	})
}
