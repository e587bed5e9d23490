// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"sync"
	"time"

	"github.com/serin-dev/serin/e2e/sample/internal/recorder"
	"github.com/serin-dev/serin/e2e/sample/report"
)

// Saturated is the outcome of a request for which too many others were in flight.
const Saturated = "client saturated"

// Result is how one request ended.
type Result struct {
	recorder.Answer
	Code       int    // HTTP status; what a sidecar would have said if there was no answer
	GRPCStatus string // number; empty for HTTP
	Flags      string // what a sidecar would have noted
}

// Caller makes one request. It may be used by many at once.
type Caller interface {
	Call(ctx context.Context) Result
}

// Loop makes requests.
type Loop struct {
	Rate        float64 // requests a second
	Timeout     time.Duration
	MaxInFlight int
	Caller      Caller
	Recorder    *recorder.Recorder
	Ended       func(Result, time.Duration) // after each request, at the same time for many
}

// Run makes requests until the context ends, and then waits for those in flight.
func (l *Loop) Run(ctx context.Context) {
	var flying sync.WaitGroup
	defer flying.Wait()
	// A request in flight is not cut short: it would count as a failure of the server.
	calls := context.WithoutCancel(ctx)
	slots := make(chan struct{}, l.MaxInFlight)
	timer := time.NewTimer(0)
	defer timer.Stop()
	began := time.Now()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		handle := l.Recorder.Begin()
		select {
		case slots <- struct{}{}:
			flying.Go(func() {
				l.one(calls, handle)
				<-slots
			})
		default:
			l.end(handle, Result{Answer: recorder.Answer{Outcome: Saturated}, Code: 503, Flags: "UO"}, 0)
		}
		// Counted from the beginning: being late once does not lower the rate.
		timer.Reset(time.Until(began.Add(time.Duration(float64(n) * float64(time.Second) / l.Rate))))
	}
}

func (l *Loop) one(ctx context.Context, handle recorder.Handle) {
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	began := time.Now()
	result := l.Caller.Call(ctx)
	l.end(handle, result, time.Since(began))
}

func (l *Loop) end(handle recorder.Handle, result Result, took time.Duration) {
	l.Recorder.End(handle, result.Answer)
	if l.Ended != nil {
		l.Ended(result, took)
	}
}

// Succeeded says whether the request was answered as it should be.
func (r Result) Succeeded() bool { return r.Outcome == report.OK || r.Outcome == report.Resent }
