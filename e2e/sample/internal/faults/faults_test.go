// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/serin-dev/serin/e2e/sample/internal/faults"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]faults.Set{
		"":                          {},
		"error-rate=0.1":            {ErrorRate: 0.1},
		"error-rate=1, not-ready ,": {ErrorRate: 1, NotReady: true},
		"slow-start=1m30s":          {SlowStart: 90 * time.Second},
		"error-rate=1,error-code=503,grpc-code=RESOURCE_EXHAUSTED": {ErrorRate: 1, ErrorCode: 503, GRPCCode: codes.ResourceExhausted},
		"latency=200ms,latency-rate=0.5":                           {Latency: 200 * time.Millisecond, LatencyRate: 0.5},
		"slow-start=2s,not-ready-after=5s":                         {SlowStart: 2 * time.Second, NotReadyAfter: 5 * time.Second},
		"crash-after=5s,exit-code=3":                               {CrashAfter: 5 * time.Second, ExitCode: 3},
		"oom-after=1ms":                                            {OOMAfter: time.Millisecond},
	} {
		t.Run(text, func(t *testing.T) {
			got, err := faults.Parse(text)
			if err != nil || got != want {
				t.Errorf("Parse() = %+v, %v; want %+v", got, err, want)
			}
			if again, err := faults.Parse(got.String()); err != nil || again != want {
				t.Errorf("Parse(%q) = %+v, %v; want %+v", got.String(), again, err, want)
			}
		})
	}
}

func TestEveryProblemIsNamedAtOnce(t *testing.T) {
	_, err := faults.Parse("error-rate=1.5,latency=soon,latency=1s,crash=5s,exit-code=0,not-ready=no,not-ready-after,grpc-code=OK,error-rate=NaN")
	if err == nil {
		t.Fatal("Parse() took it")
	}
	for _, want := range []string{
		`error-rate: "1.5" is not a rate above 0 and up to 1, such as 0.05`,
		`latency: "soon" is not a positive duration such as 200ms or 5s`,
		`latency: given twice`,
		`crash: unknown fault; there are error-rate, `,
		`exit-code: "0" is not a number from 1 to 125`,
		`exit-code: does nothing without crash-after`,
		`not-ready: "no" is too much: the fault takes no value`,
		`not-ready-after: "" is not a positive duration`,
		`grpc-code: "OK" is not the code of a gRPC error such as Unavailable`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

func TestReadinessFollowsTheFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := faults.NewState(func(int) {})
		check := func(after time.Duration, want bool) {
			t.Helper()
			time.Sleep(after)
			if got := state.Ready(); got != want {
				t.Errorf("Ready() = %t, want %t", got, want)
			}
		}
		check(0, true)
		state.Put(faults.Set{SlowStart: 2 * time.Second, NotReadyAfter: 5 * time.Second})
		check(0, false)
		check(2*time.Second, true)
		check(3*time.Second, false)
		state.Put(faults.Set{NotReady: true})
		check(time.Hour, false)
		state.Put(faults.Set{})
		check(0, true)
	})
}

func TestOnlyTheLatestFaultsCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var codes []int
		state := faults.NewState(func(code int) { codes = append(codes, code) })
		state.Put(faults.Set{CrashAfter: 5 * time.Second, ExitCode: 3})
		state.Put(faults.Set{CrashAfter: 10 * time.Second})
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(codes) != 1 || codes[0] != 1 {
			t.Errorf("exited with %v, want 1 once", codes)
		}
	})
}

func TestRatesHold(t *testing.T) {
	state := faults.NewState(func(int) {})
	state.Put(faults.Set{ErrorRate: 0.2, Latency: time.Second, LatencyRate: 0.5})
	const draws = 20000
	failed, slow := 0, 0
	for range draws {
		latency, fails := state.Draw()
		if fails {
			failed++
		}
		if latency == time.Second {
			slow++
		}
	}
	if failed < draws*18/100 || failed > draws*22/100 || slow < draws*48/100 || slow > draws*52/100 {
		t.Errorf("%d of %d failed and %d were slow, want 20%% and 50%%", failed, draws, slow)
	}
}
