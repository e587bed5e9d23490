// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/sample/internal/load"
)

// nobodyListens is an address that refuses connections.
func nobodyListens(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func call(t *testing.T, caller load.Caller, timeout time.Duration) load.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return caller.Call(ctx)
}

func TestEveryRequestHasItsConnection(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Version", "v2")
		w.Header().Set("X-Pod", "shop-b")
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	caller, err := load.NewHTTP(server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if got := call(t, caller, 5*time.Second); !got.Succeeded() || got.Version != "v2" || got.Pod != "shop-b" {
			t.Fatalf("Call() = %+v", got)
		}
	}
	if connections.Load() != 20 {
		t.Errorf("%d connections for 20 requests", connections.Load())
	}
}

func TestFailuresOfHTTPAreOfAFewKinds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/reset":
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		case "/slow":
			<-r.Context().Done()
		case "/short":
			w.Header().Set("Content-Length", "10")
		default:
			w.Header().Set("X-Version", "v2")
			http.Error(w, "sorry", http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	for page, want := range map[string]string{
		server.URL + "/":                   "HTTP 500",
		server.URL + "/reset":              "connection reset",
		server.URL + "/slow":               "timeout",
		server.URL + "/short":              "connection closed",
		"http://" + nobodyListens(t) + "/": "connection refused",
	} {
		caller, err := load.NewHTTP(page)
		if err != nil {
			t.Fatal(err)
		}
		got := call(t, caller, 300*time.Millisecond)
		if got.Outcome != want || (want == "HTTP 500") != (got.Version == "v2") {
			t.Errorf("%s: %+v, want %s", page, got, want)
		}
	}
	for _, wrong := range []string{"10.96.0.10:8080", "https://shop/", "http://"} {
		if _, err := load.NewHTTP(wrong); err == nil {
			t.Errorf("%q is taken for a page", wrong)
		}
	}
}

func TestACallThatNobodyTakesFailsAtOnce(t *testing.T) {
	caller, err := load.NewGRPC("passthrough:///"+nobodyListens(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	for range 4 {
		if got := call(t, caller, 5*time.Second); got.Outcome != "gRPC Unavailable: connection refused" || got.GRPCStatus != "14" {
			t.Errorf("Call() = %+v", got)
		}
	}
}
