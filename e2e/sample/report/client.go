// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// answerLimit bounds what is read of an answer, which is far smaller.
const answerLimit = 64 << 20

// Client asks one load generator.
type Client struct {
	Address string       // host:port, or a URL such as that of the API server's proxy to a pod
	HTTP    *http.Client // nil is http.DefaultClient
}

// Requests sums up the requests that started in [from, to). A zero from is the beginning, a zero to is now.
func (c Client) Requests(ctx context.Context, from, to time.Time) (Requests, error) {
	var requests Requests
	err := c.get(ctx, "requests", interval(from, to), &requests)
	return requests, err
}

// Failures lists the failed requests that started in [from, to). A zero from is the beginning, a zero to is now.
func (c Client) Failures(ctx context.Context, from, to time.Time) (Failures, error) {
	var failures Failures
	err := c.get(ctx, "failures", interval(from, to), &failures)
	return failures, err
}

// Timeline counts the requests of each bucket of [from, to). A zero from is the beginning, a zero to is now, and a zero
// bucket is a second.
func (c Client) Timeline(ctx context.Context, from, to time.Time, bucket time.Duration) (Timeline, error) {
	query := interval(from, to)
	if bucket != 0 {
		query.Set("bucket", bucket.String())
	}
	var timeline Timeline
	err := c.get(ctx, "timeline", query, &timeline)
	return timeline, err
}

// Ready returns nil once a request has succeeded.
func (c Client) Ready(ctx context.Context) error {
	return c.get(ctx, "ready", nil, nil)
}

func interval(from, to time.Time) url.Values {
	query := url.Values{}
	if !from.IsZero() {
		query.Set("from", from.UTC().Format(time.RFC3339Nano))
	}
	if !to.IsZero() {
		query.Set("to", to.UTC().Format(time.RFC3339Nano))
	}
	return query
}

// get reads the answer into the value, unless that is nil.
func (c Client) get(ctx context.Context, path string, query url.Values, into any) error {
	address := c.Address
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	target := strings.TrimSuffix(address, "/") + "/" + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("asking the load generator: %w", err)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("asking the load generator: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", target, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking %s: %s: %s", target, response.Status, strings.TrimSpace(string(body)))
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", target, err)
	}
	return nil
}
