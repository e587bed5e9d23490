// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"

	"github.com/serin-dev/serin/pkg/controller"
	"github.com/serin-dev/serin/pkg/metrics"
	"github.com/serin-dev/serin/pkg/trace/otlp"
)

// tracing is where the traces of rollouts go.
type tracing struct{ otlp.Options }

func (t *tracing) add(flags *pflag.FlagSet) {
	t.Env = os.Getenv
	flags.StringVar(&t.Endpoint, "tracing-endpoint", "", "OpenTelemetry collector to send a trace of each rollout to, such as http://otel-collector.observability.svc:4318; empty: that of OTEL_EXPORTER_OTLP_ENDPOINT, or none")
	flags.StringVar(&t.Protocol, "tracing-protocol", "", "grpc or http/protobuf; empty: that of OTEL_EXPORTER_OTLP_PROTOCOL, or http/protobuf")
}

// lastSpans is how long the end of the process waits for the collector.
const lastSpans = 2 * time.Second

// begin begins to send; nil where nothing is traced. What it returns in
// addition sends what is left.
func (t *tracing) begin(ctx context.Context, logger logr.Logger) (*controller.Tracer, func(context.Context), error) {
	if !t.Enabled() {
		return nil, func(context.Context) {}, nil
	}
	for _, o := range otlp.Outcomes {
		metrics.Traced(string(o), 0)
	}
	exporter, err := otlp.New(ctx, t.Options, version, logger.WithName("traces"), func(o otlp.Outcome, n int) { metrics.Traced(string(o), n) })
	if err != nil {
		return nil, nil, err
	}
	return &controller.Tracer{Send: exporter.Send}, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSpans)
		defer cancel()
		exporter.Close(ctx)
	}, nil
}
