// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/serin-dev/serin/e2e/sample/internal/echo"
)

func TestItSaysWhoItIs(t *testing.T) {
	t.Parallel()
	p := serve(t, "VERSION=v2", "POD_NAME=shop-canary-6d4cf56db6-x2x7p", "NAMESPACE=demo", "SERVICE=shop")
	response, body := get(t, p.http(), "/")
	if want := `{"version":"v2","pod":"shop-canary-6d4cf56db6-x2x7p"}`; strings.TrimSpace(body) != want || response.Header.Get("X-Version") != "v2" {
		t.Errorf("/ is %q of version %q, want %q of v2", body, response.Header.Get("X-Version"), want)
	}
	conn := dial(t, p)
	if answer, status := echo.Call(t.Context(), conn, ""); answer.Version != "v2" || answer.Pod != "shop-canary-6d4cf56db6-x2x7p" || status.Code() != codes.OK {
		t.Errorf("Echo is %+v, %v", answer, status)
	}
	// gRPC measures a call after the answer has gone out.
	var metrics string
	eventually(t, "gRPC's metrics", func() bool {
		_, metrics = get(t, p.http(), "/metrics")
		return strings.Contains(metrics, `grpc_server_call_duration_seconds_count{grpc_method="serin.lab.Echo/Echo",grpc_status="OK",`)
	})
	for _, want := range []string{
		`istio_requests_total{connection_security_policy="none",destination_app="shop-canary",destination_canonical_revision="v2",` +
			`destination_canonical_service="shop-canary",destination_cluster="Kubernetes",destination_principal="unknown",` +
			`destination_service="shop.demo.svc.cluster.local",destination_service_name="shop",destination_service_namespace="demo",` +
			`destination_version="v2",destination_workload="shop-canary",destination_workload_namespace="demo",grpc_response_status="",` +
			`reporter="destination",request_protocol="http",response_code="200",response_flags="-",source_app="unknown",` +
			`source_canonical_revision="latest",source_canonical_service="unknown",source_cluster="unknown",source_principal="unknown",` +
			`source_version="unknown",source_workload="unknown",source_workload_namespace="unknown"} 1`,
		`grpc_response_status="0",reporter="destination",request_protocol="grpc",response_code="200"`,
		`istio_request_duration_milliseconds_bucket{`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s:\n%s", want, metrics)
		}
	}
}

func dial(t *testing.T, p *process) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+p.grpc(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestFaultsAreSetWhileItRuns(t *testing.T) {
	t.Parallel()
	p := serve(t, "VERSION=v2", "FAULTS=not-ready")
	if response, _ := get(t, p.http(), "/ready"); response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/ready is %d in spite of the faults", response.StatusCode)
	}
	if code, body := post(t, p.http(), "/faults", "error-rate=1,error-code=503,grpc-code=Unavailable"); code != http.StatusOK {
		t.Fatalf("/faults is %d: %s", code, body)
	}
	for path, want := range map[string]int{"/": 503, "/ready": 200, "/live": 200, "/metrics": 200, "/faults": 200} {
		if response, _ := get(t, p.http(), path); response.StatusCode != want {
			t.Errorf("%s is %d, want %d", path, response.StatusCode, want)
		}
	}
	if answer, status := echo.Call(t.Context(), dial(t, p), ""); status.Code() != codes.Unavailable || answer.Version != "v2" {
		t.Errorf("Echo is %+v, %v; want it unavailable", answer, status)
	}
	if code, body := post(t, p.http(), "/faults", "error-rate=2,latency=soon"); code != http.StatusBadRequest || strings.Count(body, "\n") != 2 {
		t.Errorf("/faults is %d, want 400 and both problems: %s", code, body)
	}
	if code, body := post(t, p.http(), "/faults", ""); code != http.StatusOK || body != "\n" {
		t.Errorf("/faults is %d: %q, want none", code, body)
	}
}

func TestACrashHasItsExitCode(t *testing.T) {
	t.Parallel()
	began := time.Now()
	p := serve(t, "FAULTS=crash-after=200ms,exit-code=3")
	if code := p.exit(t); code != 3 || time.Since(began) < 200*time.Millisecond {
		t.Errorf("exited with %d after %v, want 3 after 200ms", code, time.Since(began))
	}
}

func TestWhatIsWrongIsToldInFullBeforeAnythingIsServed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env, args, want []string
	}{
		"the environment": {
			[]string{"FAULTS=error-rate=2,crash=5s", "DRAIN=soon"}, []string{"serve"},
			[]string{`error-rate: "2" is not a rate`, "crash: unknown fault", `DRAIN: "soon" is not a duration`},
		},
		"flags": {
			nil, []string{"load", "--rate=0", "--timeout=0", "--clients=0"},
			[]string{"give either --http or --grpc", "--rate", "--timeout", "--clients"},
		},
		"no istiod": {
			[]string{"POD_IP=10.0.0.1"}, []string{"load", "--grpc=xds:///shop.demo.svc.cluster.local:9090"}, []string{"needs --xds-server"},
		},
		"no page": {nil, []string{"load", "--http=10.0.0.1:80"}, []string{"is not a page such as"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := command(t, test.env, test.args...).CombinedOutput()
			if err == nil {
				t.Error("it exits with 0")
			}
			for _, want := range test.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("it does not tell %q: %s", want, out)
				}
			}
		})
	}
}
