// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/serin-dev/serin/pkg/trace"
)

// arrived is a message, and what was shown with it.
type arrived struct {
	message *coltracepb.ExportTraceServiceRequest
	token   string
}

// service takes spans by gRPC.
type service struct {
	coltracepb.UnimplementedTraceServiceServer
	got chan<- arrived
}

func (s service) Export(ctx context.Context, r *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	var token string
	if md, _ := metadata.FromIncomingContext(ctx); len(md["authorization"]) > 0 {
		token = md["authorization"][0]
	}
	s.got <- arrived{r, token}
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

func byGRPC(t *testing.T, got chan<- arrived) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(server, service{got: got})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return "http://" + listener.Addr().String()
}

func byHTTP(t *testing.T, got chan<- arrived) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		message := &coltracepb.ExportTraceServiceRequest{}
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, message) != nil {
			http.Error(w, "no spans", http.StatusBadRequest)
			return
		}
		got <- arrived{message, r.Header.Get("Authorization")}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const wanted = `
trace_id: "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
span_id: "\x02\x00\x00\x00\x00\x00\x00\x00" parent_span_id: "\x03\x00\x00\x00\x00\x00\x00\x00"
name: "step 5%" kind: SPAN_KIND_INTERNAL start_time_unix_nano: 1000000001 end_time_unix_nano: 2000000000
attributes {key: "a" value {string_value: "x"}} attributes {key: "b" value {double_value: 0.5}} attributes {key: "c" value {int_value: 3}}
attributes {key: "d" value {array_value {values {string_value: "y"} values {string_value: "z"}}}}
events {time_unix_nano: 1500000000 name: "write" attributes {key: "e" value {string_value: "o"}}}
status {code: STATUS_CODE_ERROR message: "it failed"}
`

func TestSpansReachACollectorByEitherProtocol(t *testing.T) {
	for protocol, listen := range map[string]func(*testing.T, chan<- arrived) string{GRPC: byGRPC, HTTP: byHTTP} {
		t.Run(protocol, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20secret")
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.cluster.name=lab")
			got := make(chan arrived, 1)
			seen := &counts{of: map[Outcome]int{}}
			o := Options{Endpoint: listen(t, got), Protocol: protocol, Env: func(string) string { return "" }}
			e, err := New(t.Context(), o, "v1", logr.Discard(), seen.count)
			if err != nil {
				t.Fatal(err)
			}
			e.Send([]trace.Span{{
				Trace: trace.ID{1}, ID: trace.SpanID{2}, Parent: trace.SpanID{3}, Name: "step 5%", Start: time.Unix(1, 1), End: time.Unix(2, 0), Failed: "it failed",
				Attributes: []trace.Attribute{{Key: "a", Value: "x"}, {Key: "b", Value: 0.5}, {Key: "c", Value: 3}, {Key: "d", Value: []string{"y", "z"}}},
				Events:     []trace.Event{{At: time.Unix(1, 5e8), Name: "write", Attributes: []trace.Attribute{{Key: "e", Value: "o"}}}},
			}})
			one := <-got
			e.Close(t.Context())
			if one.token != "Bearer secret" || seen.became(Sent) != 1 {
				t.Errorf("shown %q, sent %d", one.token, seen.became(Sent))
			}
			from := map[string]string{}
			for _, a := range one.message.ResourceSpans[0].Resource.Attributes {
				from[a.Key] = a.Value.GetStringValue()
			}
			if diff := cmp.Diff(map[string]string{"service.name": "serin", "service.version": "v1", "k8s.cluster.name": "lab"}, from); diff != "" {
				t.Error(diff)
			}
			want := &tracepb.Span{}
			if err := prototext.Unmarshal([]byte(wanted), want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, one.message.ResourceSpans[0].ScopeSpans[0].Spans[0], protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
