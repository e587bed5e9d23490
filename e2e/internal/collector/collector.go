// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// Collector is one that keeps what it gets.
type Collector struct {
	GRPC, HTTP string // its addresses, such as http://127.0.0.1:4317

	coltracepb.UnimplementedTraceServiceServer
	rpc *grpc.Server
	web *http.Server

	mu    sync.Mutex
	spans []*tracepb.Span
}

// Open listens on two free ports.
func Open(ctx context.Context) (*Collector, error) {
	c := &Collector{rpc: grpc.NewServer()}
	var config net.ListenConfig
	first, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	second, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		_ = first.Close()
		return nil, err
	}
	c.GRPC, c.HTTP = "http://"+first.Addr().String(), "http://"+second.Addr().String()
	coltracepb.RegisterTraceServiceServer(c.rpc, c)
	paths := http.NewServeMux()
	paths.HandleFunc("POST /v1/traces", c.post)
	c.web = &http.Server{Handler: paths, ReadHeaderTimeout: time.Minute}
	go func() { _ = c.rpc.Serve(first) }()
	go func() { _ = c.web.Serve(second) }()
	return c, nil
}

// Close ends both.
func (c *Collector) Close() {
	c.rpc.Stop()
	_ = c.web.Close()
}

// Export takes spans by gRPC.
func (c *Collector) Export(_ context.Context, r *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, from := range r.ResourceSpans {
		for _, scope := range from.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

// post takes spans by HTTP.
func (c *Collector) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	message := &coltracepb.ExportTraceServiceRequest{}
	if err != nil || r.Header.Get("Content-Type") != "application/x-protobuf" || proto.Unmarshal(body, message) != nil {
		http.Error(w, "not a message of spans", http.StatusBadRequest)
		return
	}
	_, _ = c.Export(r.Context(), message)
}

// Spans are those that arrived so far.
func (c *Collector) Spans() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}
