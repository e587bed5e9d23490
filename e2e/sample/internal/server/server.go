// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/serin-dev/serin/e2e/sample/internal/faults"
	"github.com/serin-dev/serin/e2e/sample/internal/identity"
	"github.com/serin-dev/serin/e2e/sample/internal/metrics"
)

// grace is how long requests in flight may take once the doors are closed, and how
// long the head of a request may: on a machine that stood still for a while nobody is
// turned away.
const grace = 20 * time.Second

// quiet is how long no user may have come before the doors are closed. Whoever stands in the queue of connections then is
// turned away, and on a machine without a moment for this process that is somebody who came in time.
const quiet = time.Second

// Options say what to serve.
type Options struct {
	HTTP     string        // address to listen on
	GRPC     string        // address to listen on
	Drain    time.Duration // how long to serve on once it is stopped, and then again at most, while users still come by HTTP
	Service  string        // that leads here, for the metrics
	Identity identity.Identity
	Faults   faults.Set
	Exit     func(code int) // ends the process
}

// Server is a sample that listens.
type Server struct {
	options  Options
	faults   *faults.State
	metrics  *metrics.Metrics
	draining atomic.Bool
	arrived  atomic.Int64 // when the last user came by HTTP, in nanoseconds

	httpListener, grpcListener net.Listener
	httpServer                 *http.Server
	grpcServer                 *grpc.Server
}

// Listen opens the ports. The faults count from now.
func Listen(ctx context.Context, options Options) (*Server, error) {
	measured, err := metrics.New()
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, metrics: measured, faults: faults.NewState(options.Exit)}
	var listen net.ListenConfig
	if s.httpListener, err = listen.Listen(ctx, "tcp", options.HTTP); err != nil {
		return nil, fmt.Errorf("listening for HTTP: %w", err)
	}
	if s.grpcListener, err = listen.Listen(ctx, "tcp", options.GRPC); err != nil {
		return nil, errors.Join(fmt.Errorf("listening for gRPC: %w", err), s.httpListener.Close())
	}
	s.httpServer = &http.Server{Handler: s.handler(), ReadHeaderTimeout: grace}
	s.grpcServer = s.newGRPC()
	s.faults.Put(options.Faults)
	return s, nil
}

// HTTPAddress is where HTTP is served.
func (s *Server) HTTPAddress() string { return s.httpListener.Addr().String() }

// GRPCAddress is where gRPC is served.
func (s *Server) GRPCAddress() string { return s.grpcListener.Addr().String() }

// Run serves until the context ends, and then drains.
func (s *Server) Run(ctx context.Context) error {
	failed := make(chan error, 2)
	go func() { failed <- fmt.Errorf("serving HTTP: %w", s.httpServer.Serve(s.httpListener)) }()
	go func() { failed <- fmt.Errorf("serving gRPC: %w", s.grpcServer.Serve(s.grpcListener)) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	for wait, began := s.options.Drain, time.Now(); wait > 0; wait = s.unquiet(time.Since(began)) {
		select {
		case err := <-failed:
			return err
		case <-time.After(wait):
		}
	}
	return s.close(context.WithoutCancel(ctx))
}

// unquiet is how much longer to keep the doors open, having drained for a while: nothing above 0 if nobody came lately, or it is enough.
func (s *Server) unquiet(drained time.Duration) time.Duration {
	silence := time.Since(time.Unix(0, s.arrived.Load()))
	return min(quiet-silence, 2*s.options.Drain-drained)
}

// close lets what is in flight end, and nothing else in.
func (s *Server) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	var both sync.WaitGroup
	both.Go(func() {
		defer context.AfterFunc(ctx, s.grpcServer.Stop)()
		s.grpcServer.GracefulStop()
	})
	err := s.httpServer.Shutdown(ctx)
	both.Wait()
	if err != nil {
		return fmt.Errorf("requests were still in flight %v after the drain: %w", grace, err)
	}
	return nil
}

// ready is what the readiness probe is told.
func (s *Server) ready() bool {
	return !s.draining.Load() && s.faults.Ready()
}

// misbehave waits as long as the request is to take, and says whether it is to fail.
func (s *Server) misbehave(ctx context.Context) (fails bool) {
	latency, fails := s.faults.Draw()
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-ctx.Done():
		}
	}
	return fails
}

func (s *Server) observe(protocol metrics.Protocol, code int, grpcStatus string, took time.Duration) {
	id := s.options.Identity
	s.metrics.Observe(metrics.Request{
		Reporter:         metrics.Destination,
		Destination:      metrics.Peer{Workload: id.Workload, Namespace: id.Namespace, App: id.App, Version: id.Version},
		Service:          s.options.Service,
		ServiceNamespace: id.Namespace,
		Protocol:         protocol,
		Code:             code,
		GRPCStatus:       grpcStatus,
	}, took)
}
