// SPDX-License-Identifier: Apache-2.0

package istiod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// Timeout bounds one round of questions.
const Timeout = 2 * time.Second

// largest is the longest answer that is read: the routes of a proxy in a very large mesh.
const largest = 64 << 20

// Client asks the debug interface of istiod.
type Client struct {
	// Addresses are base URLs such as http://istiod.istio-system.svc:15014.
	// Every IP address that a name stands for is one istiod, and all are asked:
	// each knows only the proxies that are connected to it.
	Addresses []string
	// TokenFile holds a ServiceAccount token with an audience that istiod
	// accepts (istio-ca); empty asks without one. It is read each time.
	TokenFile string
}

// instance is one istiod.
type instance struct {
	base *url.URL // with an IP address for a host
	host string   // as it was configured
}

func (c *Client) instances(ctx context.Context) ([]instance, error) {
	var all []instance
	for _, address := range c.Addresses {
		base, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("the address %q: %w", address, err)
		}
		ips, err := net.DefaultResolver.LookupHost(ctx, base.Hostname())
		if err != nil {
			return nil, fmt.Errorf("%s is not known to DNS", base.Hostname())
		}
		slices.Sort(ips)
		for _, ip := range ips {
			one := *base
			one.Host = ip
			if strings.Contains(ip, ":") {
				one.Host = "[" + ip + "]"
			}
			if base.Port() != "" {
				one.Host = net.JoinHostPort(ip, base.Port())
			}
			all = append(all, instance{base: &one, host: base.Host})
		}
	}
	return all, nil
}

// Proxies lists the proxies that are connected to any istiod, by name.
func (c *Client) Proxies(ctx context.Context) ([]Proxy, error) {
	instances, err := c.instances(ctx)
	if err != nil {
		return nil, err
	}
	var all []Proxy
	for _, at := range instances {
		var connected []Proxy
		if err := c.get(ctx, at, "/debug/syncz", nil, &connected); err != nil {
			return nil, err
		}
		for _, p := range connected {
			p.at = at
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Proxy) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// errGone means that a proxy has left between two questions.
var errGone = errors.New("the proxy is not connected any more")

// dump is the configuration of the given kinds ("rds", "lds") that istiod makes for a proxy.
func (c *Client) dump(ctx context.Context, p Proxy, kinds string) (any, error) {
	var tree any
	err := c.get(ctx, p.at, "/debug/config_dump", url.Values{"proxyID": {p.ID}, "types": {kinds}}, &tree)
	return tree, err
}

func (c *Client) get(ctx context.Context, at instance, path string, query url.Values, into any) error {
	where := at.base.JoinPath(path)
	where.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return err
	}
	request.Host = at.host
	if c.TokenFile != "" {
		token, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return fmt.Errorf("reading the token for istiod: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("istiod at %s: %s", at.base.Host, plain(err))
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return errGone
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("istiod at %s refuses %s with %s: give the controller a token that it accepts (--istiod-token-file), "+
			"of istio-system or of a namespace in istiod's DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES", at.base.Host, path, response.Status)
	default:
		return fmt.Errorf("istiod at %s answers %s with %s", at.base.Host, path, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, largest)).Decode(into); err != nil {
		return fmt.Errorf("istiod at %s: its answer to %s: %s", at.base.Host, path, plain(err))
	}
	return nil
}

// plain is an error in words that do not change from one try to the next, as port numbers do.
func plain(err error) string {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %s", Timeout)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op + ": " + op.Err.Error()
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err.Error()
	}
	return err.Error()
}
