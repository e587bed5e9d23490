// SPDX-License-Identifier: Apache-2.0

package server

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/serin-dev/serin/e2e/sample/internal/echo"
	"github.com/serin-dev/serin/e2e/sample/internal/metrics"
)

func (s *Server) newGRPC() *grpc.Server {
	server := grpc.NewServer(s.metrics.ServerOption())
	echo.Register(server, echoServer{s})
	grpc_health_v1.RegisterHealthServer(server, healthServer{server: s})
	return server
}

type echoServer struct{ *Server }

// Echo answers with who it is, as HTTP does.
func (s echoServer) Echo(ctx context.Context, _ *wrapperspb.StringValue) (*wrapperspb.StringValue, error) {
	began := time.Now()
	code := codes.OK
	if s.misbehave(ctx) {
		code = cmp.Or(s.faults.Get().GRPCCode, codes.Internal)
	}
	answer := echo.Answer{Version: s.options.Identity.Version, Pod: s.options.Identity.Pod}
	if err := echo.Sign(ctx, answer); err != nil {
		return nil, err
	}
	// A gRPC error travels in an HTTP answer of 200, and so Istio counts it.
	s.observe(metrics.GRPC, http.StatusOK, strconv.Itoa(int(code)), time.Since(began))
	if code != codes.OK {
		return nil, status.Error(code, "as the faults have it")
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return wrapperspb.String(string(text)), nil
}

// healthServer tells a gRPC probe what /ready tells one of HTTP.
type healthServer struct {
	grpc_health_v1.UnimplementedHealthServer
	server *Server
}

// Check answers for every service alike.
func (h healthServer) Check(context.Context, *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	serving := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if h.server.ready() {
		serving = grpc_health_v1.HealthCheckResponse_SERVING
	}
	return &grpc_health_v1.HealthCheckResponse{Status: serving}, nil
}
