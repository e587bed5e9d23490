// SPDX-License-Identifier: Apache-2.0

// Package echo is the sample's gRPC service, written without generated code: one unary method over well-known types.
package echo

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Method is the full name of the only method.
const Method = "/serin.lab.Echo/Echo"

// The headers of an HTTP answer, and in lower case the trailer of a gRPC one. They say who answered even if the answer is an error.
const (
	VersionHeader = "X-Version"
	PodHeader     = "X-Pod"
)

// Answer says who answered.
type Answer struct {
	Version string `json:"version"`
	Pod     string `json:"pod"`
}

// Server answers. Whoever answers is known from the trailer, the text is for people.
type Server interface {
	Echo(ctx context.Context, text *wrapperspb.StringValue) (*wrapperspb.StringValue, error)
}

// Register adds the service to a gRPC server.
func Register(registrar grpc.ServiceRegistrar, server Server) {
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: "serin.lab.Echo",
		HandlerType: (*Server)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Echo", Handler: handle}},
	}, server)
}

func handle(server any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // grpc wants the context second
	request := &wrapperspb.StringValue{}
	if err := decode(request); err != nil {
		return nil, err
	}
	call := func(ctx context.Context, request any) (any, error) {
		return server.(Server).Echo(ctx, request.(*wrapperspb.StringValue))
	}
	if intercept == nil {
		return call(ctx, request)
	}
	return intercept(ctx, request, &grpc.UnaryServerInfo{Server: server, FullMethod: Method}, call)
}

// Sign puts into the trailer who answers.
func Sign(ctx context.Context, answer Answer) error {
	return grpc.SetTrailer(ctx, metadata.Pairs(VersionHeader, answer.Version, PodHeader, answer.Pod))
}

// Call calls the method once. The answer is known for an error, too, if it is the server's.
func Call(ctx context.Context, conn grpc.ClientConnInterface, text string) (Answer, *status.Status) {
	var trailer metadata.MD
	err := conn.Invoke(ctx, Method, wrapperspb.String(text), &wrapperspb.StringValue{}, grpc.Trailer(&trailer), grpc.StaticMethod())
	return Answer{Version: first(trailer, VersionHeader), Pod: first(trailer, PodHeader)}, status.Convert(err)
}

func first(md metadata.MD, key string) string {
	if values := md.Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}
