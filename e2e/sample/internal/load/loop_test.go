// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/serin-dev/serin/e2e/sample/internal/load"
	"github.com/serin-dev/serin/e2e/sample/internal/recorder"
	"github.com/serin-dev/serin/e2e/sample/report"
)

// stalled answers nobody.
type stalled struct{ calls atomic.Int64 }

func (s *stalled) Call(ctx context.Context) load.Result {
	s.calls.Add(1)
	<-ctx.Done()
	return load.Result{Answer: recorder.Answer{Outcome: "timeout"}}
}

// run makes requests for so long, and sums them up.
func run(t *testing.T, loop *load.Loop, seconds int) report.Requests {
	t.Helper()
	loop.Recorder = recorder.New(100_000)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seconds)*time.Second-time.Millisecond)
	defer cancel()
	loop.Run(ctx)
	sums, err := loop.Recorder.Requests(t.Context(), time.Time{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

func TestAStalledServerDoesNotSlowTheArrivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &stalled{}
		got := run(t, &load.Loop{Rate: 200, Timeout: 5 * time.Second, MaxInFlight: 4096, Caller: server}, 10)
		if got.Total != 2000 || got.Failed != 2000 || server.calls.Load() != 2000 {
			t.Errorf("%d requests, %d failed, %d calls; want 2000 in 10s at 200/s", got.Total, got.Failed, server.calls.Load())
		}
		if len(got.Failures) != 1 || got.Failures[0].Outcome != "timeout" {
			t.Errorf("the failures are %+v, want timeouts", got.Failures)
		}
	})
}

func TestRequestsBeyondTheBoundFailAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &stalled{}
		got := run(t, &load.Loop{Rate: 200, Timeout: 5 * time.Second, MaxInFlight: 100, Caller: server}, 10)
		if got.Total != 2000 || got.Failed != 2000 || server.calls.Load() != 200 {
			t.Errorf("%d requests, %d failed, %d calls; want 2000, of them 100 called for each 5s", got.Total, got.Failed, server.calls.Load())
		}
		if len(got.Failures) != 2 || got.Failures[0].Outcome != load.Saturated || got.Failures[0].Count != 1800 {
			t.Errorf("the failures are %+v, want %d of %q", got.Failures, 1800, load.Saturated)
		}
	})
}
