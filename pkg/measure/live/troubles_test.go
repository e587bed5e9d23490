// SPDX-License-Identifier: Apache-2.0

//go:build integration

package live_test

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure"
)

const ok, bad = `http_requests_total{code="200"}`, `http_requests_total{code="500"}`

func weights(since time.Time, share float64) []measure.Weight {
	return []measure.Weight{{From: since, Share: share}}
}

// settledAfterStart waits until what there was before the rollout is known, so
// that what comes then can be told from it.
func (s *study) settledAfterStart() {
	s.t.Helper()
	s.now()
	eventually(s.t, "something is known", func() string {
		if a := s.now(); a.Preset == "" || len(a.Traffic) == 0 {
			return fmt.Sprintf("%+v", a)
		}
		return ""
	})
}

func (s *study) state(check string, state analysis.State, words string) {
	s.t.Helper()
	eventually(s.t, string(state), func() string {
		samples := s.now().Samples[check]
		for _, i := range samples.Intervals {
			if i.State == state && strings.Contains(i.Why, words) {
				return ""
			}
		}
		for _, r := range samples.Readings {
			if r.State == state && strings.Contains(r.Why, words) {
				return ""
			}
		}
		return fmt.Sprintf("%+v", samples)
	})
}

// A counter that begins again, a process that cannot be scraped, and series
// that come and go.
func TestCounters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pods(w)
	w.process("late", ", pod: shop-5d9f-bbbbb")
	w.add("stable", ok, 1000)
	w.fail("late", true)
	w.add("late", ok, 5000)
	s := w.prometheus().study(errors)
	s.settledAfterStart()
	s.state("errors", analysis.NoSeries, "of the canary's")
	w.add("stable", ok, 10)
	w.add("canary", ok, 3)
	s.settled()
	s.state("errors", analysis.NoTraffic, "no request reached the canary")

	// The first failures there ever were are the birth of a series.
	w.add("stable", bad, 1)
	w.add("canary", bad, 2)
	s.settled()
	w.fail("late", false) // what it counted before it was seen is not of this rollout
	s.settled()
	w.add("late", ok, 5)
	s.settled()

	// Scrapes fail, and what happens meanwhile is counted afterwards.
	w.fail("stable", true)
	w.add("stable", ok, 100)
	s.settledWithout(3 * time.Second)
	w.fail("stable", false)
	s.settled()
	stable, canary := sum(s.now().Traffic)
	if stable != (analysis.Counts{Bad: 1, Total: 116}) || canary != (analysis.Counts{Bad: 2, Total: 5}) {
		t.Errorf("counted %+v and %+v: %+v", stable, canary, s.now().Traffic)
	}

	w.change("canary", func(series map[string]float64) { series[ok] = 1 })
	s.state("errors", analysis.CounterReset, "1 counters fell")
	w.change("canary", func(series map[string]float64) { maps.DeleteFunc(series, func(string, float64) bool { return true }) })
	s.settledWithout(3 * time.Second)
	w.add("canary", ok, 8) // a new one, of a process that was seen
	s.settled()
	w.add("canary", `http_requests_total{code="418"}`, math.NaN())
	s.state("errors", analysis.NotANumber, "are not numbers")
	s.again()
}

// settledWithout waits although no interval may end.
func (s *study) settledWithout(pause time.Duration) {
	until := time.Now().Add(pause)
	eventually(s.t, "time goes by", func() string {
		s.now()
		if time.Now().Before(until) {
			return "not yet"
		}
		return ""
	})
}

// Prometheus is killed, and comes back with what it had on its disk.
func TestPrometheusIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pods(w)
	w.add("stable", ok, 1000)
	w.add("canary", ok, 0)
	p := w.prometheus()
	s := p.study(errors, analysis.Check{Name: "own", Kind: analysis.Threshold, Query: `sum(http_requests_total{pod=~"{{.CanaryPods}}"})`})
	s.settledAfterStart()
	w.add("stable", ok, 10)
	w.add("canary", ok, 10)
	s.counts("errors", analysis.Counts{Total: 10}, analysis.Counts{Total: 10})
	p.kill()
	w.add("stable", ok, 5)
	w.add("canary", bad, 5)
	s.state("errors", analysis.Unreachable, "cannot be reached")
	s.state("own", analysis.Unreachable, "cannot be reached")
	p.start()
	s.counts("errors", analysis.Counts{Total: 15}, analysis.Counts{Bad: 5, Total: 15})
	for _, i := range solid(s.now().Samples["errors"].Intervals) {
		if i.State == analysis.Unreachable {
			t.Errorf("what is known again is still called unreachable: %+v", i)
		}
	}
	s.again()
}

func TestQueries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pods(w)
	w.add("stable", `depth`, 7)
	w.add("canary", `depth`, 42)
	own := func(name, query string) analysis.Check {
		return analysis.Check{Name: name, Kind: analysis.Threshold, Query: query}
	}
	s := w.prometheus().study(own("one", `max(depth{pod=~"{{.CanaryPods}}"})`), own("scalar", `scalar(sum(depth))`), own("nothing", `nonsense`),
		own("several", `depth`), own("nan", `sum(depth) * 0 / 0`), own("inf", `sum(depth) / 0`), own("broken", `sum(`), own("stable", `depth{pod=~"{{.StablePods}}"}`))
	reads(s, "one", 42, -1)
	reads(s, "scalar", 49, -1)
	reads(s, "stable", 7, -1)
	s.state("nothing", analysis.NoSeries, "finds nothing")
	s.state("several", analysis.SeveralSeries, "gives 2 values")
	s.state("nan", analysis.NotANumber, "NaN")
	s.state("inf", analysis.NotANumber, "+Inf")
	s.state("broken", analysis.Unreachable, "does not understand the query")
}

// A Prometheus that is slow for one rollout does not delay another one, and
// nobody who asks for samples.
func TestSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pods(w)
	w.add("stable", ok, 1)
	w.add("canary", ok, 1) // a pod of the canary is new, so this is of the rollout, too
	p := w.prometheus()
	target, err := url.Parse("http://" + p.address)
	if err != nil {
		t.Fatal(err)
	}
	var slow, asked atomic.Int32
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		asked.Add(1)
		if strings.Contains(r.Form.Get("query"), "stuck") {
			slow.Add(1)
			<-r.Context().Done()
			return
		}
		r.Method, r.URL.RawQuery, r.Body, r.ContentLength = http.MethodGet, r.Form.Encode(), http.NoBody, 0
		proxy.ServeHTTP(out, r)
	}))
	t.Cleanup(front.Close)
	s := p.study(errors)
	s.Follower = follower(t, front.URL)
	stuck := s.question
	stuck.Subject.Target, stuck.Subject.Canary, stuck.Subject.Service = "stuck", "stuck-canary", "stuck"
	other := types.NamespacedName{Namespace: "web", Name: "stuck"}
	s.Samples(other, stuck)
	s.settledAfterStart()
	w.add("canary", ok, 3)
	s.counts("errors", analysis.Counts{}, analysis.Counts{Total: 4})
	eventually(t, "the slow one says so", func() string {
		began := time.Now()
		intervals := s.Samples(other, stuck).Samples["errors"].Intervals
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Fatalf("asking for samples took %s", took)
		}
		if len(intervals) == 0 || intervals[0].State != analysis.Unreachable || !strings.Contains(intervals[0].Why, "no answer within 2s") {
			return fmt.Sprintf("%+v", intervals)
		}
		return ""
	})
	if slow.Load() == 0 {
		t.Error("the slow one was never asked")
	}

	// What is forgotten costs nothing.
	s.Forget(key)
	s.Forget(other)
	time.Sleep(time.Second) // one that is under way may end
	before := asked.Load()
	time.Sleep(4 * time.Second)
	if n := asked.Load() - before; n != 0 {
		t.Errorf("%d questions for nobody", n)
	}
}
