// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/serin-dev/serin/e2e/sample/internal/echo"
	"github.com/serin-dev/serin/e2e/sample/internal/recorder"
	"github.com/serin-dev/serin/e2e/sample/report"
)

// HTTPCaller gets a page, over a new connection each time: a Service is balanced by connection.
type HTTPCaller struct {
	url       string
	transport *http.Transport
}

// NewHTTP makes a caller of the page.
func NewHTTP(page string) (*HTTPCaller, error) {
	parsed, err := url.Parse(page)
	if err != nil || parsed.Scheme != "http" || parsed.Host == "" {
		return nil, fmt.Errorf("--http %q is not a page such as http://10.96.0.10:8080/", page)
	}
	return &HTTPCaller{url: page, transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}, nil
}

// dial opens a connection that leaves nothing behind. The side that closes first keeps the port for a minute (TIME_WAIT), and
// at 470 requests a second there would be none left to call from. A connection that does not linger is reset instead. By then
// the whole answer has been read, so that there is nothing for the server to lose.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Call gets the page once.
func (c *HTTPCaller) Call(ctx context.Context) Result {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return unanswered(err)
	}
	response, err := c.transport.RoundTrip(request) // which, unlike a client, follows no redirect
	if err != nil {
		return unanswered(err)
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	result := Result{Code: response.StatusCode, Answer: recorder.Answer{
		Version: response.Header.Get(echo.VersionHeader),
		Pod:     response.Header.Get(echo.PodHeader),
		Outcome: report.OK,
	}}
	switch {
	case err != nil:
		result.Outcome = describe(err)
	case response.StatusCode != http.StatusOK:
		result.Outcome = fmt.Sprintf("HTTP %d", response.StatusCode)
	}
	return result
}

// unanswered is what a sidecar would have told a client.
func unanswered(err error) Result {
	result := Result{Answer: recorder.Answer{Outcome: describe(err)}, Code: http.StatusServiceUnavailable, Flags: "UF"}
	switch result.Outcome {
	case timedOut:
		result.Code, result.Flags = http.StatusGatewayTimeout, "UT"
	case wasReset:
		result.Flags = "UC"
	}
	return result
}
