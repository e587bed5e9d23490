// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/serin-dev/serin/pkg/trace"
)

// scope names who made the spans.
const scope = "github.com/serin-dev/serin/pkg/trace"

// origin is who sends: serin of a version, unless OTEL_SERVICE_NAME or
// OTEL_RESOURCE_ATTRIBUTES say otherwise or more.
func origin(ctx context.Context, version string) (*resourcepb.Resource, error) {
	from, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "serin"), attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	var list []*commonpb.KeyValue
	for _, kv := range from.Attributes() {
		list = append(list, &commonpb.KeyValue{Key: string(kv.Key), Value: text(kv.Value.String())})
	}
	return &resourcepb.Resource{Attributes: list}, nil
}

// message is what a collector is sent.
func message(from *resourcepb.Resource, version string, spans []trace.Span) []*tracepb.ResourceSpans {
	list := make([]*tracepb.Span, 0, len(spans))
	for _, s := range spans {
		list = append(list, span(s))
	}
	return []*tracepb.ResourceSpans{{
		Resource:   from,
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: scope, Version: version}, Spans: list}},
	}}
}

func span(s trace.Span) *tracepb.Span {
	out := &tracepb.Span{
		TraceId: s.Trace[:], SpanId: s.ID[:], Name: s.Name, Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: uint64(s.Start.UnixNano()), EndTimeUnixNano: uint64(s.End.UnixNano()),
		Attributes: attributes(s.Attributes), Status: &tracepb.Status{},
	}
	if s.Parent != (trace.SpanID{}) {
		out.ParentSpanId = s.Parent[:]
	}
	if s.Failed != "" {
		out.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: s.Failed}
	}
	for _, e := range s.Events {
		out.Events = append(out.Events, &tracepb.Span_Event{TimeUnixNano: uint64(e.At.UnixNano()), Name: e.Name, Attributes: attributes(e.Attributes)})
	}
	return out
}

func attributes(list []trace.Attribute) []*commonpb.KeyValue {
	out := make([]*commonpb.KeyValue, 0, len(list))
	for _, a := range list {
		out = append(out, &commonpb.KeyValue{Key: a.Key, Value: value(a.Value)})
	}
	return out
}

func value(v any) *commonpb.AnyValue {
	switch v := v.(type) {
	case int:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(v)}}
	case float64:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v}}
	case []string:
		list := &commonpb.ArrayValue{}
		for _, one := range v {
			list.Values = append(list.Values, text(one))
		}
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}
	default:
		return text(fmt.Sprint(v))
	}
}

func text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}
