// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
)

// The protocols, in the words of OTEL_EXPORTER_OTLP_PROTOCOL.
const (
	GRPC = "grpc"
	HTTP = "http/protobuf"
)

// Options say where spans go. What is empty is taken from the environment.
type Options struct {
	Endpoint string // such as http://collector:4318; HTTP adds /v1/traces
	Protocol string // GRPC or HTTP; HTTP where nothing says which
	// Env reads a variable of the environment, such as os.Getenv.
	Env func(name string) string
}

// Enabled reports whether there is an endpoint, and nobody has switched
// OpenTelemetry off.
func (o Options) Enabled() bool {
	off := strings.EqualFold(o.Env("OTEL_SDK_DISABLED"), "true") || o.Env("OTEL_TRACES_EXPORTER") == "none"
	return !off && (o.Endpoint != "" || o.env("ENDPOINT") != "")
}

// Validate reports everything that is wrong, each with what to type instead.
func (o Options) Validate() (problems []error) {
	for name, address := range map[string]string{"--tracing-endpoint": o.Endpoint, "OTEL_EXPORTER_OTLP_ENDPOINT": o.env("ENDPOINT")} {
		if address != "" && !isAddress(address) {
			problems = append(problems, fmt.Errorf("%s: %q is not an address such as http://otel-collector.observability.svc:4318", name, address))
		}
	}
	if p := o.protocol(); p != GRPC && p != HTTP {
		problems = append(problems, fmt.Errorf("--tracing-protocol: %q is neither %s nor %s (OTEL_EXPORTER_OTLP_PROTOCOL counts where the flag is empty)", p, GRPC, HTTP))
	}
	if o.Protocol != "" && !o.Enabled() {
		problems = append(problems, fmt.Errorf("--tracing-endpoint: is missing, and --tracing-protocol needs it"))
	}
	return problems
}

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// env is a variable for traces, or else for all signals.
func (o Options) env(name string) string {
	if value := o.Env("OTEL_EXPORTER_OTLP_TRACES_" + name); value != "" {
		return value
	}
	return o.Env("OTEL_EXPORTER_OTLP_" + name)
}

func (o Options) protocol() string {
	for _, p := range []string{o.Protocol, o.env("PROTOCOL")} {
		if p != "" {
			return p
		}
	}
	return HTTP
}

// tracesPath is where a collector takes spans by HTTP.
const tracesPath = "v1/traces"

// client does not try again by itself: the Exporter does, and knows when to stop.
func (o Options) client() (otlptrace.Client, error) {
	if o.protocol() == GRPC {
		options := []otlptracegrpc.Option{otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{})}
		if o.Endpoint != "" {
			options = append(options, otlptracegrpc.WithEndpointURL(o.Endpoint))
		}
		return otlptracegrpc.NewClient(options...), nil
	}
	options := []otlptracehttp.Option{otlptracehttp.WithRetry(otlptracehttp.RetryConfig{})}
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil {
			return nil, fmt.Errorf("--tracing-endpoint: %w", err)
		}
		if !strings.HasSuffix(u.Path, tracesPath) {
			u = u.JoinPath(tracesPath)
		}
		options = append(options, otlptracehttp.WithEndpointURL(u.String()))
	}
	return otlptracehttp.NewClient(options...), nil
}
