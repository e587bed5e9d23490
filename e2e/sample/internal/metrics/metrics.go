// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats/opentelemetry"
)

// Metrics is all that one process tells.
type Metrics struct {
	registry *prometheus.Registry
	provider *metric.MeterProvider
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// New makes the metrics of this process, in a registry of their own.
func New() (*Metrics, error) {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "istio_requests_total",
			Help: "Requests, as Istio counts them.",
		}, labelNames),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{ //nolint:promlinter // the name and the unit are Istio's
			Name:    "istio_request_duration_milliseconds",
			Help:    "Duration of requests, as Istio measures it.",
			Buckets: buckets,
		}, labelNames),
	}
	m.registry.MustRegister(m.requests, m.duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(m.registry))
	if err != nil {
		return nil, fmt.Errorf("exporting OpenTelemetry's metrics: %w", err)
	}
	m.provider = metric.NewMeterProvider(metric.WithReader(exporter))
	return m, nil
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// ServerOption measures the calls of a gRPC server.
func (m *Metrics) ServerOption() grpc.ServerOption {
	return opentelemetry.ServerOption(m.options())
}

// DialOption measures the calls of a gRPC client.
func (m *Metrics) DialOption() grpc.DialOption {
	return opentelemetry.DialOption(m.options())
}

func (m *Metrics) options() opentelemetry.Options {
	return opentelemetry.Options{MetricsOptions: opentelemetry.MetricsOptions{
		MeterProvider: m.provider,
		Metrics:       opentelemetry.DefaultMetrics(),
	}}
}

// Observe counts one request, and how long it took.
func (m *Metrics) Observe(request Request, took time.Duration) {
	labels := request.labels()
	m.requests.With(labels).Inc()
	m.duration.With(labels).Observe(float64(took) / float64(time.Millisecond))
}
