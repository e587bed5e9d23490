// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/serin-dev/serin/e2e/sample/internal/echo"
	"github.com/serin-dev/serin/e2e/sample/internal/recorder"
	"github.com/serin-dev/serin/e2e/sample/report"
)

// GRPCCaller calls the echo service by several clients in turn. Each resolves, connects and chooses for itself, so that they
// are a small population rather than one client's luck.
type GRPCCaller struct {
	conns []*grpc.ClientConn
	next  atomic.Uint64
}

// reconnect keeps clients from waiting up to two minutes before they look again at a server that was gone for a moment.
// Each look has gRPC's own time, or a busy machine would fail calls by itself.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 20 * time.Second,
}

// NewGRPC makes a caller of so many clients. The options may bring a resolver.
func NewGRPC(target string, clients int, options ...grpc.DialOption) (*GRPCCaller, error) {
	// istiod sends its default retries to clients, which would hide failures.
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry(), grpc.WithNoProxy(),
		grpc.WithConnectParams(reconnect))
	c := &GRPCCaller{}
	for range clients {
		conn, err := grpc.NewClient(target, options...)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("--grpc %q: %w", target, err), c.Close())
		}
		c.conns = append(c.conns, conn)
	}
	return c, nil
}

// Close closes the clients.
func (c *GRPCCaller) Close() error {
	var errs []error
	for _, conn := range c.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// sentNowhere reports whether the library failed a call without sending it; see report.Resent.
func sentNowhere(s *status.Status) bool {
	return s.Code() == codes.Unavailable && strings.HasPrefix(s.Message(), "unknown cluster selected for RPC")
}

// Call calls once, by the client whose turn it is.
func (c *GRPCCaller) Call(ctx context.Context) Result {
	conn := c.conns[c.next.Add(1)%uint64(len(c.conns))]
	outcome := report.OK
	answer, ended := echo.Call(ctx, conn, "hello")
	for sentNowhere(ended) && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
		outcome = report.Resent
		answer, ended = echo.Call(ctx, conn, "hello")
	}
	result := Result{
		Answer:     recorder.Answer{Version: answer.Version, Pod: answer.Pod, Outcome: outcome},
		Code:       http.StatusOK,
		GRPCStatus: strconv.Itoa(int(ended.Code())),
	}
	if ended.Code() != codes.OK {
		result.Outcome = describeStatus(ended)
	}
	return result
}
