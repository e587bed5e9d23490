// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/serin-dev/serin/e2e/sample/internal/identity"
	"github.com/serin-dev/serin/e2e/sample/internal/metrics"
	"github.com/serin-dev/serin/e2e/sample/internal/recorder"
)

// slowest bounds how long a question may take to send; the answer may take as long as the requests in flight.
const slowest = 5 * time.Second

// Options say what to ask, and how often.
type Options struct {
	Listen      string // address for questions
	Rate        float64
	Timeout     time.Duration
	MaxInFlight int
	Records     int
	Identity    identity.Identity
	Service     string // that is asked, for the metrics
	Namespace   string // of the service
	Protocol    metrics.Protocol
}

// Generator makes requests and answers questions about them.
type Generator struct {
	options   Options
	recorder  *recorder.Recorder
	metrics   *metrics.Metrics
	caller    Caller
	listener  net.Listener
	succeeded atomic.Bool
}

// Listen opens the port for questions.
func Listen(ctx context.Context, options Options, measured *metrics.Metrics, caller Caller) (*Generator, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", options.Listen)
	if err != nil {
		return nil, fmt.Errorf("listening for questions: %w", err)
	}
	return &Generator{
		options: options, recorder: recorder.New(options.Records), metrics: measured, caller: caller, listener: listener,
	}, nil
}

// Address is where questions are answered.
func (g *Generator) Address() string { return g.listener.Addr().String() }

// Run makes requests until the context ends.
func (g *Generator) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{Handler: g.handler(), ReadHeaderTimeout: slowest}
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(g.listener)
		cancel() // nobody could ask
	}()
	loop := Loop{
		Rate: g.options.Rate, Timeout: g.options.Timeout, MaxInFlight: g.options.MaxInFlight,
		Caller: g.caller, Recorder: g.recorder, Ended: g.ended,
	}
	loop.Run(ctx)
	closing := server.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answering questions: %w", err)
	}
	return closing
}

func (g *Generator) ended(result Result, took time.Duration) {
	if result.Succeeded() {
		g.succeeded.Store(true)
	}
	id := g.options.Identity
	destination := metrics.Peer{}
	if result.Pod != "" {
		destination = metrics.Peer{
			Workload:  identity.WorkloadOf(result.Pod),
			Namespace: g.options.Namespace,
			App:       g.options.Service,
			Version:   result.Version,
		}
	}
	g.metrics.Observe(metrics.Request{
		Reporter:         metrics.Source,
		Source:           metrics.Peer{Workload: id.Workload, Namespace: id.Namespace, App: id.App, Version: id.Version},
		Destination:      destination,
		Service:          g.options.Service,
		ServiceNamespace: g.options.Namespace,
		Protocol:         g.options.Protocol,
		Code:             result.Code,
		GRPCStatus:       result.GRPCStatus,
		Flags:            result.Flags,
	}, took)
}
