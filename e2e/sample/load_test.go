// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/sample/report"
)

func TestTheLoadSeesARolloutThroughAndLosesNothing(t *testing.T) {
	t.Parallel()
	old := serve(t, "VERSION=v1", "POD_NAME=shop-6d4cf56db6-aaaaa", "DRAIN=500ms")
	next := serve(t, "VERSION=v2", "POD_NAME=shop-canary-5d4cf56db6-bbbbb")
	service := balance(t, old.http(), old.http(), old.http(), next.http())
	l := start(t, []string{"POD_NAME=load", "NAMESPACE=demo"}, "load",
		"--http", "http://"+service.address()+"/", "--service", "shop.demo", "--rate", "200", "--listen", "127.0.0.1:0")
	client := report.Client{Address: l.own()}
	eventually(t, "ready", func() bool { return client.Ready(t.Context()) == nil })
	from := time.Now()
	until := from.Add(2 * time.Second)
	time.Sleep(time.Until(until))
	shared := ask(t, client, from, until)
	if shared.Failed != 0 || math.Abs(shared.Share("v2")-0.25) > 0.02 || shared.Total < 390 || shared.Total > 410 {
		t.Errorf("%+v, want 400 requests, a quarter of them v2", shared)
	}

	service.lead(next.http())
	if code := old.terminate(t); code != 0 {
		t.Errorf("the old version exits with %d: %s", code, old.stderr)
	}
	moved := time.Now()
	time.Sleep(500 * time.Millisecond)
	whole := ask(t, client, from, time.Now())
	t.Logf("%d requests over the end of %s, %d failed", whole.Total, old.http(), whole.Failed)
	if after := ask(t, client, moved, time.Now()); whole.Failed != 0 || !whole.Complete || after.Share("v2") != 1 {
		t.Errorf("%+v, and after the end of v1 %+v", whole, after)
	}
	timeline, err := client.Timeline(t.Context(), from, time.Now(), time.Second)
	if err != nil || len(timeline.Buckets) < 3 || math.Abs(timeline.Buckets[0].Share("v2")-0.25) > 0.05 {
		t.Errorf("Timeline() = %+v, %v", timeline, err)
	}
	_, metrics := get(t, l.own(), "/metrics")
	for _, want := range []string{`destination_workload="shop-canary"`, `reporter="source"`, `destination_service="shop.demo.svc.cluster.local"`, `source_workload="load"`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if code := l.terminate(t); code != 0 {
		t.Errorf("the load exits with %d: %s", code, l.stderr)
	}
}

func TestTheLoadByGRPCTellsFailures(t *testing.T) {
	t.Parallel()
	p := serve(t, "VERSION=v2", "POD_NAME=shop-b", "FAULTS=error-rate=0.5")
	l := start(t, nil, "load", "--grpc", "passthrough:///"+p.grpc(), "--rate", "400", "--listen", "127.0.0.1:0")
	client := report.Client{Address: l.own()}
	eventually(t, "ready", func() bool { return client.Ready(t.Context()) == nil })
	time.Sleep(time.Second)
	got := ask(t, client, time.Time{}, time.Time{})
	if got.Versions["v2"] != got.Total || got.Pods["shop-b"] != got.Total || len(got.Failures) != 1 {
		t.Fatalf("Requests() = %+v", got)
	}
	failure := got.Failures[0]
	if failure.Outcome != "gRPC Internal: as the faults have it" || failure.Version != "v2" || failure.Count != got.Failed ||
		math.Abs(float64(got.Failed)/float64(got.Total)-0.5) > 0.15 || !failure.Last.After(failure.First) {
		t.Errorf("%+v of %d", failure, got.Total)
	}
	each, err := client.Failures(t.Context(), got.From, got.To)
	if err != nil || len(each.Requests) != got.Failed || each.Requests[0].Outcome != failure.Outcome || !each.Requests[0].Start.Equal(failure.First) {
		t.Errorf("Failures() = %+v, %v, want %d", each, err, got.Failed)
	}
	if _, metrics := get(t, l.own(), "/metrics"); !strings.Contains(metrics, `grpc_client_attempt_duration_seconds_count{grpc_method="serin.lab.Echo/Echo",grpc_status="INTERNAL"`) {
		t.Errorf("/metrics lacks gRPC's:\n%s", metrics)
	}
	if response, body := get(t, l.own(), "/requests?from=yesterday&to=today"); response.StatusCode != 400 || strings.Count(body, "is not a time") != 2 {
		t.Errorf("%s: %s, want both problems", response.Status, body)
	}
}

func ask(t *testing.T, client report.Client, from, to time.Time) report.Requests {
	t.Helper()
	requests, err := client.Requests(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	return requests
}
