// SPDX-License-Identifier: Apache-2.0

//go:build integration

package live_test

import (
	"fmt"
	"testing"

	"github.com/serin-dev/serin/pkg/analysis"
)

func istio(reporter, client, workload, code, status string) string {
	return fmt.Sprintf(`istio_requests_total{reporter=%q,source_workload=%q,source_workload_namespace="web",destination_workload=%q,destination_workload_namespace=%q,`+
		`destination_service_name="shop",destination_service_namespace="web",response_code=%q,grpc_response_status=%q}`,
		reporter, client, workload, map[bool]string{true: "unknown", false: "web"}[workload == "unknown"], code, status)
}

// Requests of a client in the mesh are reported twice and counted once, those
// of a client outside are reported by the server alone, and those that found
// no endpoint by the client alone.
func TestIstio(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process("client", "")
	w.process("stable", ", pod: shop-5d9f-aaaaa")
	w.process("canary", ", pod: shop-canary-77b4-aaaaa")
	w.add("client", istio("source", "web", "shop", "200", ""), 1000)
	w.add("client", istio("source", "web", "shop-canary", "200", ""), 50) // of an earlier rollout
	w.add("stable", istio("destination", "web", "shop", "200", ""), 990)
	w.add("stable", istio("destination", "unknown", "shop", "200", ""), 500)
	s := w.prometheus().study(errors)
	s.settledAfterStart()

	both := func(workload, process, code, status string, n float64) {
		w.add("client", istio("source", "web", workload, code, status), n)
		w.add(process, istio("destination", "web", workload, code, status), n)
	}
	both("shop", "stable", "200", "", 100)
	both("shop", "stable", "503", "", 2)
	both("shop", "stable", "404", "", 3)
	both("shop-canary", "canary", "200", "", 10)
	both("shop-canary", "canary", "200", "14", 4)                           // UNAVAILABLE
	both("shop-canary", "canary", "200", "5", 6)                            // NOT_FOUND
	w.add("client", istio("source", "web", "shop-canary", "503", ""), 5)    // did not get there
	w.add("stable", istio("destination", "unknown", "shop", "200", ""), 20) // from outside
	w.add("stable", istio("destination", "unknown", "shop", "500", ""), 1)  // the same
	w.add("canary", istio("destination", "unknown", "shop-canary", "200", ""), 7)
	s.counts("errors", analysis.Counts{Bad: 3, Total: 126}, analysis.Counts{Bad: 9, Total: 32})
	if preset := s.now().Preset; preset != "istio" {
		t.Errorf("the preset is %q", preset)
	}
	pods := 0.0
	for _, i := range s.now().Samples["errors"].Intervals {
		for _, pod := range i.Pods {
			pods += pod.Total
		}
	}
	if pods != 126 {
		t.Errorf("stable's pods counted %g", pods)
	}
	s.again()

	// Half of those that nobody knows the destination of are the canary's, at half of the weight.
	w.add("client", istio("source", "web", "unknown", "503", ""), 8)
	s.counts("errors", analysis.Counts{Bad: 3, Total: 126}, analysis.Counts{Bad: 9, Total: 32})
	s.settled()
	s.question.Weights = weights(s.question.Since, 0.25)
	s.counts("errors", analysis.Counts{Bad: 9, Total: 132}, analysis.Counts{Bad: 11, Total: 34})
	s.again()
}

func TestGRPC(t *testing.T) {
	t.Parallel()
	const calls = `grpc_server_call_duration_seconds_count{grpc_method="Echo",grpc_status=%q}`
	status := func(s string) string { return fmt.Sprintf(calls, s) }
	w := newWorld(t)
	pods(w)
	w.add("stable", status("OK"), 100)
	w.add("admin", status("OK"), 100)
	s := w.prometheus().study(errors)
	s.settledAfterStart()
	w.add("stable", status("OK"), 50)
	w.add("stable", status("INTERNAL"), 1)
	w.add("stable", status("NOT_FOUND"), 2)
	w.add("canary", status("UNAVAILABLE"), 4) // all fail, and nothing else was ever counted
	w.add("admin", status("INTERNAL"), 1000)  // of the Deployment shop-canary-admin
	w.add("other", status("INTERNAL"), 1000)  // of another ReplicaSet of shop
	s.counts("errors", analysis.Counts{Bad: 1, Total: 53}, analysis.Counts{Bad: 4, Total: 4})
	if preset := s.now().Preset; preset != "grpc" {
		t.Errorf("the preset is %q", preset)
	}
	s.again()
}

func pods(w *world) {
	w.process("stable", ", pod: shop-5d9f-aaaaa")
	w.process("canary", ", pod: shop-canary-77b4-aaaaa")
	w.process("admin", ", pod: shop-canary-admin-5d9f-aaaaa")
	w.process("other", ", pod: shop-66c8-aaaaa")
}

// HTTP counts, and latency against the bound that is stable's own quantile.
func TestHTTPAndLatency(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pods(w)
	code := func(c string) string { return fmt.Sprintf(`http_requests_total{code=%q}`, c) }
	request := func(process string, n float64, seconds float64) {
		for _, le := range []float64{0.1, 0.25, 1} {
			more := 0.0
			if seconds <= le {
				more = n
			}
			w.add(process, fmt.Sprintf(`http_request_duration_seconds_bucket{le="%g"}`, le), more)
		}
		w.add(process, `http_request_duration_seconds_bucket{le="+Inf"}`, n)
	}
	w.add("stable", code("200"), 5)
	request("stable", 10, 0.01)
	latency := analysis.Check{Name: "latency", Kind: analysis.Latency, Margin: 1.5, Quantile: 0.5}
	rate := analysis.Check{Name: "rate", Kind: analysis.Threshold, Metric: analysis.SuccessRate, MinRequests: 10}
	quick := analysis.Check{Name: "quick", Kind: analysis.Threshold, Metric: analysis.LatencyQuantile, Quantile: 0.5}
	s := w.prometheus().study(errors, latency, rate, quick)
	s.settledAfterStart()
	w.add("stable", code("200"), 98)
	w.add("stable", code("500"), 2)
	request("stable", 90, 0.2)
	request("stable", 10, 0.5)
	w.add("canary", code("200"), 15)
	w.add("canary", code("502"), 5)
	request("canary", 5, 0.2)
	request("canary", 15, 0.5)
	s.counts("errors", analysis.Counts{Bad: 2, Total: 100}, analysis.Counts{Bad: 5, Total: 20})
	s.counts("latency", analysis.Counts{Bad: 10, Total: 100}, analysis.Counts{Bad: 15, Total: 20})
	reads(s, "rate", 75, 20)
	reads(s, "quick", 1000*(0.25+0.75*5/15), 20)
	s.again()
}

// reads waits for a usable reading.
func reads(s *study, check string, value, requests float64) {
	s.t.Helper()
	eventually(s.t, check, func() string {
		for _, r := range s.now().Samples[check].Readings {
			if r.State == analysis.Usable && r.Value == value && r.Requests == requests {
				return ""
			}
		}
		return fmt.Sprintf("%+v", s.now().Samples[check].Readings)
	})
}
