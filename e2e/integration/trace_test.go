// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/serin-dev/serin/e2e/internal/collector"
)

// gathering is a collector that ends with the test.
func gathering(t *testing.T) *collector.Collector {
	t.Helper()
	c, err := collector.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// A rollout that goes on in another process is one trace, without a gap, and a dashboard finds it by its exemplar.
func TestATraceOutlivesItsController(t *testing.T) {
	onItsOwn(t)
	c, address := gathering(t), freePort(t)
	own := startSerin(t, newProxy(t, shared, shared.token), "--leader-elect=false", "--metrics-bind-address="+address, "--health-probe-bind-address=0",
		"-v=1", "--tracing-endpoint="+c.GRPC, "--tracing-protocol=grpc")
	p := newShop(t, shared, own).mesh().open(2, slow())
	p.deploy("v2")
	p.at(250)
	p.annotate("promote", "step")
	p.at(500)
	own.Kill()
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	p.annotate("promote", "step")
	p.promoted("v2")

	root, parts := p.trace(c)
	if got := names(parts); !slices.Equal(got, []string{"prepare", "step 25%", "step 50%", "step 100%", "promote"}) {
		t.Errorf("the parts are %q", got)
	}
	if root.Status.GetCode() != tracepb.Status_STATUS_CODE_UNSET {
		t.Errorf("it ended with %s", root.Status)
	}
	id := hex.EncodeToString(root.TraceId)
	if text := p.openMetrics(address); !strings.Contains(text, `# {trace_id="`+id+`"}`) {
		t.Errorf("no exemplar leads to trace %s:\n%s", id, text)
	}
}

// A controller that is killed in the moment in which a rollout ends has told nobody.
func TestTheEndOfARolloutIsTracedByWhoeverComesNext(t *testing.T) {
	onItsOwn(t)
	c, door := gathering(t), newProxy(t, shared, shared.token)
	flags := []string{"--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0"}
	first := startSerin(t, door, flags...)
	p := newShop(t, shared, first).open(4, quick)
	p.deploy("v2")
	p.promoted("v2")
	first.Kill()
	p.serin = startSerin(t, door, append(flags, "--tracing-endpoint="+c.GRPC, "--tracing-protocol=grpc")...)
	if _, parts := p.trace(c); len(parts) != 5 {
		t.Errorf("the parts are %q", names(parts))
	}
}

func TestTheTraceOfARollbackIsAnError(t *testing.T) {
	onItsOwn(t)
	c := gathering(t)
	own := startSerin(t, newProxy(t, shared, shared.token), "--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0",
		"-v=1", "--tracing-endpoint="+c.HTTP)
	p := newShop(t, shared, own).open(4, slow())
	p.deploy("v2")
	p.at(250)
	p.annotate("abort", "true")
	p.rolledBack("v1", "AbortRequested")

	root, parts := p.trace(c)
	if got := names(parts); !slices.Equal(got, []string{"prepare", "step 25%", "roll back"}) {
		t.Errorf("the parts are %q", got)
	}
	for _, s := range []*tracepb.Span{root, parts[1]} {
		if s.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR || !strings.Contains(s.Status.GetMessage(), "a person asked for it") {
			t.Errorf("%s ended with %s", s.Name, s.Status)
		}
	}
}

// Nothing about a collector that is not there holds a rollout up.
func TestADeadCollectorIsNoHindrance(t *testing.T) {
	onItsOwn(t)
	own := startSerin(t, newProxy(t, shared, shared.token), "--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0",
		"--tracing-endpoint=http://"+freePort(t))
	p := newShop(t, shared, own).mesh().open(2, quick)
	p.deploy("v2")
	p.promoted("v2")
	if lines := strings.Count(own.Log(), "Traces cannot be sent"); lines > 2 {
		t.Errorf("%d lines about the collector", lines)
	}
}

// trace waits for the end of the only rollout, and returns its root and the parts below it in their order.
func (p *shop) trace(c *collector.Collector) (root *tracepb.Span, parts []*tracepb.Span) {
	p.Helper()
	isRoot := func(s *tracepb.Span) bool { return len(s.ParentSpanId) == 0 }
	err := wait.PollUntilContextTimeout(p.Context(), 100*time.Millisecond, p.patience, true, func(context.Context) (bool, error) {
		return slices.ContainsFunc(p.spans(c), isRoot), nil
	})
	if err != nil {
		p.Fatalf("no root among %v", c.Spans())
	}
	spans := p.distinct(p.spans(c))
	for _, s := range spans {
		switch {
		case !bytes.Equal(s.TraceId, spans[0].TraceId):
			p.Errorf("%s is of another trace", s)
		case isRoot(s):
			if root != nil {
				p.Errorf("two roots: %s and %s", root, s)
			}
			root = s
		}
	}
	for _, s := range spans {
		if bytes.Equal(s.ParentSpanId, root.SpanId) {
			parts = append(parts, s)
		}
	}
	slices.SortFunc(parts, func(a, b *tracepb.Span) int { return int(a.StartTimeUnixNano) - int(b.StartTimeUnixNano) })
	p.belong(spans, root, parts)
	return root, parts
}

// spans are those about the app: a controller tells of everything that ended a moment before it came.
func (p *shop) spans(c *collector.Collector) []*tracepb.Span {
	return slices.DeleteFunc(c.Spans(), func(s *tracepb.Span) bool {
		return !slices.ContainsFunc(s.Attributes, func(a *commonpb.KeyValue) bool {
			return a.Key == "k8s.namespace.name" && a.Value.GetStringValue() == p.namespace
		})
	})
}

// distinct are spans without those that arrived again, which have to be the same.
func (p *shop) distinct(all []*tracepb.Span) (spans []*tracepb.Span) {
	p.Helper()
	for _, s := range all {
		at := slices.IndexFunc(spans, func(other *tracepb.Span) bool { return bytes.Equal(other.SpanId, s.SpanId) })
		if at < 0 {
			spans = append(spans, s)
		} else if !proto.Equal(spans[at], s) {
			p.Errorf("the same span was told otherwise:\n%s\n%s", spans[at], s)
		}
	}
	return spans
}

// belong checks that parts fill the root, and that every other span lies in a part.
func (p *shop) belong(spans []*tracepb.Span, root *tracepb.Span, parts []*tracepb.Span) {
	p.Helper()
	at := root.StartTimeUnixNano
	for _, s := range parts {
		if s.StartTimeUnixNano != at {
			p.Errorf("a gap before %s", s)
		}
		at = s.EndTimeUnixNano
	}
	if at != root.EndTimeUnixNano {
		p.Errorf("the parts end %d ns before the root", root.EndTimeUnixNano-at)
	}
	for _, s := range spans {
		if s == root || slices.Contains(parts, s) {
			continue
		}
		within := func(part *tracepb.Span) bool {
			return bytes.Equal(part.SpanId, s.ParentSpanId) && part.StartTimeUnixNano <= s.StartTimeUnixNano && s.EndTimeUnixNano <= part.EndTimeUnixNano
		}
		if !slices.ContainsFunc(parts, within) {
			p.Errorf("%s lies in no part", s)
		}
	}
}

func names(spans []*tracepb.Span) (list []string) {
	for _, s := range spans {
		list = append(list, s.Name)
	}
	return list
}
