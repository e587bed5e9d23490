// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/serin-dev/serin/pkg/measure/tally"
)

// Config says whom to ask, and how.
type Config struct {
	Address      string // base URL, such as http://prometheus.monitoring.svc:9090
	TokenFile    string // a bearer token
	Username     string // for basic authentication
	PasswordFile string
	CAFile       string        // of who signed its certificate; empty: the system's
	Timeout      time.Duration // of one question; 0: ten seconds
	MaxBytes     int64         // of one answer; 0: 32 MiB
	MaxSeries    int           // in one answer; 0: 20 000
}

const (
	usualTimeout = 10 * time.Second
	usualBytes   = 32 << 20
	usualSeries  = 20_000
)

// Client asks. It may be used concurrently.
type Client struct {
	config Config
	host   string
	api    v1.API
}

// New makes a client, and asks nothing yet.
func New(c Config) (*Client, error) {
	if c.Timeout <= 0 {
		c.Timeout = usualTimeout
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = usualBytes
	}
	if c.MaxSeries <= 0 {
		c.MaxSeries = usualSeries
	}
	address, err := url.Parse(c.Address)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("%q is not an address such as http://prometheus.monitoring.svc:9090", c.Address)
	}
	transport, err := transport(c)
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(api.Config{Address: c.Address, RoundTripper: bounded{next: transport, bytes: c.MaxBytes}})
	if err != nil {
		return nil, fmt.Errorf("asking Prometheus at %s: %w", address.Host, err)
	}
	return &Client{config: c, host: address.Host, api: v1.NewAPI(client)}, nil
}

// Host is who is asked, without what the address may say about a user.
func (c *Client) Host() string { return c.host }

func transport(c Config) (http.RoundTripper, error) {
	if c.TokenFile != "" && (c.Username != "" || c.PasswordFile != "") {
		return nil, fmt.Errorf("prometheus can be shown either a token or a password, not both")
	}
	if (c.Username == "") != (c.PasswordFile == "") {
		return nil, fmt.Errorf("a user of Prometheus and the file with the password go together")
	}
	how := config.DefaultHTTPClientConfig
	how.TLSConfig.CAFile = c.CAFile
	switch {
	case c.TokenFile != "":
		how.Authorization = &config.Authorization{Type: "Bearer", CredentialsFile: c.TokenFile}
	case c.Username != "":
		how.BasicAuth = &config.BasicAuth{Username: c.Username, PasswordFile: c.PasswordFile}
	}
	transport, err := config.NewRoundTripperFromConfig(how, "serin", config.WithUserAgent("serin"))
	if err != nil {
		return nil, fmt.Errorf("reading the certificates for Prometheus: %w", err)
	}
	return transport, nil
}

// Raw is the samples of a selector after one instant up to another, as they
// were scraped.
func (c *Client) Raw(ctx context.Context, selector string, after, until time.Time) ([]tally.Series, error) {
	query := fmt.Sprintf("%s[%dms]", selector, until.Sub(after).Milliseconds())
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	value, warnings, _, err := c.api.Query(ctx, query, until, c.options()...)
	if err != nil {
		return nil, c.explain(err)
	}
	series, err := c.series(value, after.UnixMilli())
	if err == nil && len(warnings) > 0 { // some of the counters would be counted, and others not
		return nil, fmt.Errorf("prometheus at %s gives an incomplete answer: %s", c.host, warnings[0])
	}
	return series, err
}

// Range is the value of a query at each step from one instant to another.
func (c *Client) Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]tally.Series, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	value, _, _, err := c.api.QueryRange(ctx, query, v1.Range{Start: from, End: to, Step: step}, c.options()...)
	if err != nil {
		return nil, c.explain(err)
	}
	return c.series(value, from.UnixMilli()-1)
}

// options ask for one series more than may be, so that too many are noticed.
func (c *Client) options() []v1.Option {
	return []v1.Option{v1.WithTimeout(c.config.Timeout), v1.WithLimit(uint64(c.config.MaxSeries) + 1)} //nolint:gosec // positive
}

// series are those of an answer, with what comes after an instant: Prometheus 2
// includes the beginning of a window, and 3 does not.
func (c *Client) series(value model.Value, after int64) ([]tally.Series, error) {
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("prometheus at %s answers with a %s, where samples over time are expected", c.host, value.Type())
	}
	if len(matrix) > c.config.MaxSeries {
		return nil, fmt.Errorf("prometheus at %s has more than %d series for one question; drop labels that nobody needs, or record fewer", c.host, c.config.MaxSeries)
	}
	all := make([]tally.Series, 0, len(matrix))
	for _, stream := range matrix {
		series := tally.Series{Labels: make(map[string]string, len(stream.Metric)), Points: make([]tally.Point, 0, len(stream.Values))}
		for name, value := range stream.Metric {
			series.Labels[string(name)] = string(value)
		}
		for _, pair := range stream.Values {
			if at := int64(pair.Timestamp); at > after {
				series.Points = append(series.Points, tally.Point{At: at, Value: float64(pair.Value)})
			}
		}
		all = append(all, series)
	}
	return all, nil
}
