// SPDX-License-Identifier: Apache-2.0

// Package otlp sends spans to a collector by the OpenTelemetry protocol, over
// gRPC or HTTP.
//
// Its promises:
//
//   - Whoever hands spans over never waits. Spans that find the queue full are
//     dropped and counted.
//   - A collector that does not answer is tried again, ever more rarely, for
//     some ten minutes; that is told once a minute at most.
//   - What is neither a flag nor a matter of this package, such as headers,
//     certificates and time limits, is set by the variables that OpenTelemetry
//     defines, OTEL_EXPORTER_OTLP_*.
package otlp
