// SPDX-License-Identifier: Apache-2.0

package recorder_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/e2e/sample/internal/recorder"
	"github.com/serin-dev/serin/e2e/sample/report"
)

var (
	v1     = recorder.Answer{Version: "v1", Pod: "shop-a", Outcome: report.OK}
	v2     = recorder.Answer{Version: "v2", Pod: "shop-b", Outcome: report.OK}
	broken = recorder.Answer{Version: "v2", Pod: "shop-b", Outcome: "HTTP 500"}
	also   = recorder.Answer{Version: "v2", Pod: "shop-c", Outcome: "HTTP 500"}
	nobody = recorder.Answer{Outcome: "connection refused"}
)

// record lets a request start every millisecond and end at once.
func record(r *recorder.Recorder, answers ...recorder.Answer) {
	for _, answer := range answers {
		r.End(r.Begin(), answer)
		time.Sleep(time.Millisecond)
	}
}

func TestEveryRequestIsCountedInItsRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder.New(1000)
		from := time.Now().UTC()
		at := func(ms int) time.Time { return from.Add(time.Duration(ms) * time.Millisecond) }
		record(r, v1, v2, broken, nobody, also, v1, v1)
		got, err := r.Requests(t.Context(), from, at(6))
		if err != nil {
			t.Fatal(err)
		}
		want := report.Requests{
			From: from, To: at(6), Complete: true, Total: 6, Failed: 3,
			Versions: map[string]int{"v1": 2, "v2": 3},
			Pods:     map[string]int{"shop-a": 2, "shop-b": 2, "shop-c": 1},
			Failures: []report.Failure{
				{Outcome: "HTTP 500", Version: "v2", Count: 2, First: at(2), Last: at(4)},
				{Outcome: "connection refused", Count: 1, First: at(3), Last: at(3)},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got.Answered() != 5 || got.Share("v2") != 0.6 || got.Share("v3") != 0 {
			t.Errorf("answered %d, v2 %v, v3 %v; want 5, 0.6, 0", got.Answered(), got.Share("v2"), got.Share("v3"))
		}
	})
}

func TestAFailedRequestTellsHowLongItWasUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder.New(1000)
		from := time.Now().UTC()
		at := func(ms int) time.Time { return from.Add(time.Duration(ms) * time.Millisecond) }
		slow := r.Begin()
		record(r, v1, broken, nobody)
		r.End(slow, nobody)
		record(r, broken) // after the range
		got, err := r.Failures(t.Context(), from, at(3))
		if err != nil {
			t.Fatal(err)
		}
		want := report.Failures{From: from, To: at(3), Complete: true, Requests: []report.FailedRequest{
			{Start: from, End: at(3), Outcome: "connection refused"},
			{Start: at(1), End: at(1), Version: "v2", Outcome: "HTTP 500"},
			{Start: at(2), End: at(2), Outcome: "connection refused"},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestATimelineCountsEachBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder.New(1000)
		from := time.Now().UTC()
		record(r, v1, v1, v2, broken, nobody)
		got, err := r.Timeline(t.Context(), time.Time{}, from.Add(5*time.Millisecond), 2*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		want := []report.Bucket{
			{Start: from, Total: 2, Versions: map[string]int{"v1": 2}},
			{Start: from.Add(2 * time.Millisecond), Total: 2, Failed: 1, Versions: map[string]int{"v2": 2}},
			{Start: from.Add(4 * time.Millisecond), Total: 1, Failed: 1, Versions: map[string]int{}},
		}
		if diff := cmp.Diff(want, got.Buckets); diff != "" {
			t.Error(diff)
		}
		if _, err := r.Timeline(t.Context(), from, from.Add(time.Hour), time.Millisecond); err == nil {
			t.Error("3.6 million buckets are accepted")
		}
	})
}

func TestTheOldestAreForgottenAndThatIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const capacity = 640
		r := recorder.New(capacity)
		late := r.Begin()
		for i := range 3 * capacity {
			answer := v1
			answer.Outcome = fmt.Sprint("HTTP ", 500+i%5)
			record(r, answer)
		}
		r.End(late, v1) // long forgotten
		all, err := r.Requests(t.Context(), time.Time{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if all.Complete || all.Total > capacity || all.Total <= capacity*62/64 {
			t.Errorf("kept %d of %d, complete: %t", all.Total, capacity, all.Complete)
		}
		end, err := r.Requests(t.Context(), time.Now().Add(-100*time.Millisecond), time.Now())
		if err != nil || !end.Complete || end.Total != 100 {
			t.Errorf("Requests() = %d requests, complete: %t, %v; want all of the last 100", end.Total, end.Complete, err)
		}
	})
}

func TestTheTextsAreBounded(t *testing.T) {
	r := recorder.New(100_000)
	for i := range 70_000 {
		r.End(r.Begin(), recorder.Answer{Outcome: fmt.Sprint("failure ", i)})
	}
	got, err := r.Requests(t.Context(), time.Time{}, time.Now())
	if err != nil || got.Failed != 70_000 || len(got.Failures) > 5000 || got.Failures[0].Outcome != "other" {
		t.Errorf("%d failures of %d kinds, %v", got.Failed, len(got.Failures), err)
	}
}

func TestThePastWaitsForRequestsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder.New(1000)
		from := time.Now()
		slow := r.Begin()
		time.Sleep(time.Second)
		to := time.Now()
		r.Begin() // in flight, too, but not in the range
		if now, err := r.Requests(t.Context(), from, to.Add(time.Hour)); err != nil || now.Total != 2 || now.InFlight != 2 {
			t.Errorf("an open range: %+v, %v; want 2 in flight", now, err)
		}
		go func() {
			time.Sleep(3 * time.Second)
			r.End(slow, nobody)
		}()
		got, err := r.Requests(t.Context(), from, to)
		if err != nil || got.Total != 1 || got.Failed != 1 || got.InFlight != 0 || time.Since(to) != 3*time.Second {
			t.Errorf("after %v: %+v, %v; want the failure after 3s", time.Since(to), got, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Requests(ctx, to, time.Now()); err == nil {
			t.Error("a request that never ends is left out")
		}
	})
}
