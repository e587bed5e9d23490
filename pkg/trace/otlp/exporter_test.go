// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/trace"
)

// collector is one that can be away.
type collector struct {
	mu    sync.Mutex
	away  bool
	asked int
	names []string
}

func (c *collector) Start(context.Context) error { return nil }

func (c *collector) Stop(context.Context) error { return nil }

func (c *collector) UploadTraces(_ context.Context, list []*tracepb.ResourceSpans) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked++; c.away {
		return errors.New("connection refused")
	}
	for _, s := range list[0].ScopeSpans[0].Spans {
		c.names = append(c.names, s.Name)
	}
	return nil
}

func (c *collector) goes(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = away
}

func (c *collector) got() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.names)
}

// counts is what became of spans, and how many lines were written.
type counts struct {
	mu    sync.Mutex
	of    map[Outcome]int
	lines int
}

func (c *counts) count(o Outcome, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[o] += n
}

func (c *counts) became(o Outcome) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[o]
}

func (c *counts) told() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lines
}

func (c *counts) log() logr.Logger {
	return funcr.New(func(string, string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lines++
	}, funcr.Options{})
}

func start(t *testing.T, c otlptrace.Client) (*Exporter, *counts) {
	t.Helper()
	seen := &counts{of: map[Outcome]int{}}
	e := &Exporter{client: c, clock: clock.RealClock{}, log: seen.log(), count: seen.count}
	e.begin(t.Context())
	return e, seen
}

func spans(n int) []trace.Span { return make([]trace.Span, n) }

func TestSpansAreSentTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{}
		e, seen := start(t, c)
		for range 3 {
			e.Send(spans(2))
		}
		time.Sleep(linger)
		synctest.Wait()
		if c.got() != 6 || c.asked != 1 || seen.became(Sent) != 6 || seen.told() != 0 {
			t.Errorf("%d spans in %d messages, %v", c.got(), c.asked, seen.of)
		}
		e.Close(t.Context())
	})
}

func TestTheEndSendsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{}
		e, _ := start(t, c)
		e.Send(spans(2*mostSent + 1))
		e.Close(t.Context())
		if c.got() != 2*mostSent+1 {
			t.Errorf("%d spans arrived", c.got())
		}
	})
}

func TestACollectorThatIsAwayForMinutesCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{away: true}
		e, seen := start(t, c)
		e.Send(spans(3))
		time.Sleep(patience - 2*lastRetry)
		if lines := seen.told(); lines == 0 || lines > int(patience/reminder) {
			t.Errorf("%d lines in %s", lines, patience)
		}
		c.goes(false)
		time.Sleep(lastRetry)
		synctest.Wait()
		if c.got() != 3 || seen.became(Failed)+seen.became(Dropped) != 0 {
			t.Errorf("%d spans arrived, %v", c.got(), seen.of)
		}
		e.Close(t.Context())
	})
}

func TestADeadCollectorIsGivenUpAndWhatDoesNotFitIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{away: true}
		e, seen := start(t, c)
		e.Send(spans(mostSent))
		synctest.Wait()
		e.Send(spans(mostQueued + 5)) // does not wait
		if seen.became(Dropped) != 5 {
			t.Errorf("%d were dropped", seen.became(Dropped))
		}
		time.Sleep(patience + lastRetry)
		if seen.became(Failed) != mostSent {
			t.Errorf("%d were given up", seen.became(Failed))
		}
		e.Close(t.Context())
		if all := seen.became(Failed) + seen.became(Dropped) + seen.became(Sent); all != mostSent+mostQueued+5 {
			t.Errorf("%d are accounted for", all)
		}
	})
}

func TestTheEndDoesNotWaitForACollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := start(t, &stuck{stopped: make(chan struct{})})
		e.Send(spans(1))
		time.Sleep(linger)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		e.Close(ctx)
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// stuck is a collector that answers only when it is stopped.
type stuck struct {
	collector
	stopped chan struct{}
}

func (s *stuck) Stop(context.Context) error {
	close(s.stopped)
	return nil
}

func (s *stuck) UploadTraces(context.Context, []*tracepb.ResourceSpans) error {
	<-s.stopped
	return errors.New("stopped")
}
