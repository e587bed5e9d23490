// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/trace"
)

const (
	mostQueued = 2048             // spans; more are dropped
	mostSent   = 256              // spans at once
	linger     = time.Second / 5  // for how long more spans are waited for
	firstRetry = time.Second      // the wait before a batch is sent again doubles from this
	lastRetry  = time.Minute      // to this
	patience   = 10 * time.Minute // how long a batch is tried
	reminder   = time.Minute      // between two lines about the same trouble
)

// Outcome is what became of a span.
type Outcome string

// The outcomes.
const (
	Sent    Outcome = "Sent"
	Dropped Outcome = "Dropped" // the queue was full
	Failed  Outcome = "Failed"  // no collector took it for ten minutes, or until the controller ended
)

// Outcomes are all of them.
var Outcomes = []Outcome{Sent, Dropped, Failed}

// Exporter sends spans in the background.
type Exporter struct {
	client  otlptrace.Client
	from    *resourcepb.Resource
	version string
	clock   clock.Clock
	log     logr.Logger
	count   func(o Outcome, n int)

	queue   chan trace.Span
	once    sync.Once
	closing chan struct{}
	done    chan struct{}
	told    time.Time // when trouble was last told of; zero: there is none
}

// New begins to send. It does not wait for the collector. Close ends it. The
// version is that of serin; count is told what became of spans.
func New(ctx context.Context, o Options, version string, log logr.Logger, count func(Outcome, int)) (*Exporter, error) {
	otel.SetLogger(log) // what it makes of the environment
	client, err := o.client()
	if err != nil {
		return nil, err
	}
	from, err := origin(ctx, version)
	if err != nil {
		return nil, err
	}
	if err := client.Start(ctx); err != nil {
		return nil, fmt.Errorf("sending traces: %w", err)
	}
	e := &Exporter{client: client, from: from, version: version, clock: clock.RealClock{}, log: log, count: count}
	e.begin(ctx)
	return e, nil
}

// begin sends until Close, also when the context has ended: what led to the end
// is told, too.
func (e *Exporter) begin(ctx context.Context) {
	e.queue, e.closing, e.done = make(chan trace.Span, mostQueued), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(e.done)
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		for batch := e.collect(); len(batch) > 0; batch = e.collect() {
			e.deliver(ctx, batch)
		}
	}()
}

// Send hands spans over, and does not wait.
func (e *Exporter) Send(spans []trace.Span) {
	for i, s := range spans {
		select {
		case e.queue <- s:
		default:
			e.count(Dropped, len(spans)-i)
			return
		}
	}
}

// Close sends what is left until the context ends. Spans that come later are lost.
func (e *Exporter) Close(ctx context.Context) {
	e.once.Do(func() { close(e.closing) })
	select {
	case <-e.done:
	case <-ctx.Done():
	}
	if err := e.client.Stop(ctx); err != nil {
		e.log.Info("Traces may be incomplete", "why", err.Error())
	}
}

// collect waits for spans, and a moment for more of them. None: it is the end.
func (e *Exporter) collect() (batch []trace.Span) {
	var enough <-chan time.Time
	for len(batch) < mostSent {
		select {
		case s := <-e.queue:
			batch = append(batch, s)
			if enough == nil {
				timer := e.clock.NewTimer(linger)
				defer timer.Stop()
				enough = timer.C()
			}
		case <-enough:
			return batch
		case <-e.closing:
			return e.rest(batch)
		}
	}
	return batch
}

// rest adds what is queued, as far as there is room.
func (e *Exporter) rest(batch []trace.Span) []trace.Span {
	for len(batch) < mostSent {
		select {
		case s := <-e.queue:
			batch = append(batch, s)
		default:
			return batch
		}
	}
	return batch
}

// deliver sends a batch, again and again if need be. Once it is the end, it is
// tried once more.
func (e *Exporter) deliver(ctx context.Context, batch []trace.Span) {
	until := e.clock.Now().Add(patience)
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		last := e.isClosing() || !e.clock.Now().Before(until)
		err := e.client.UploadTraces(ctx, message(e.from, e.version, batch))
		if err == nil {
			e.count(Sent, len(batch))
			e.well()
			return
		}
		e.complain(err)
		if last {
			e.count(Failed, len(batch))
			return
		}
		e.pause(wait)
	}
}

func (e *Exporter) isClosing() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}

func (e *Exporter) pause(wait time.Duration) {
	timer := e.clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-e.closing:
	}
}

// complain tells of trouble, once in a while.
func (e *Exporter) complain(err error) {
	if now := e.clock.Now(); e.told.IsZero() || now.Sub(e.told) >= reminder {
		e.told = now
		e.log.Info("Traces cannot be sent, trying again", "queued", len(e.queue), "why", err.Error())
	}
}

func (e *Exporter) well() {
	if !e.told.IsZero() {
		e.told = time.Time{}
		e.log.Info("Traces are sent again")
	}
}
