// SPDX-License-Identifier: Apache-2.0

package apiproxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Upstream is the API server, and the account that a proxy speaks for.
type Upstream struct {
	Server string // its URL
	CAFile string // who vouches for it
	Token  string // of the account
}

// Proxy is a controller's only door to the API server. It speaks for the controller's account.
type Proxy struct {
	URL        string
	Kubeconfig string // a file that leads through the door

	server  *httptest.Server
	reverse *httputil.ReverseProxy

	mu    sync.Mutex
	calls []Call
	// By namespace; the entry for "" is asked about what no other is asked about.
	before map[string]func(Call) Fate // may wait; decides
	after  map[string]func(Call)      // the API server has answered, the controller does not know it yet
}

type callKey struct{}

// Open opens a door, on a port of this machine, with a kubeconfig in the directory. Shut it.
func Open(dir string, up Upstream) (*Proxy, error) {
	server, err := url.Parse(up.Server)
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(up.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	p := &Proxy{before: map[string]func(Call) Fate{}, after: map[string]func(Call){}}
	p.reverse = &httputil.ReverseProxy{
		FlushInterval: -1, // watches
		ErrorLog:      log.New(io.Discard, "", 0),
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(server)
			r.Out.Header.Set("Authorization", "Bearer "+up.Token)
		},
		ModifyResponse: func(r *http.Response) error {
			p.answered(r.Request.Context(), r.StatusCode)
			return nil
		},
	}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	p.URL, p.Kubeconfig = p.server.URL, filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(p.Kubeconfig, fmt.Appendf(nil, kubeconfigFormat, p.URL), 0o600); err != nil {
		p.Shut()
		return nil, err
	}
	return p, nil
}

const kubeconfigFormat = `{"apiVersion":"v1","kind":"Config","current-context":"lab",
"clusters":[{"name":"lab","cluster":{"server":%q}}],
"contexts":[{"name":"lab","context":{"cluster":"lab"}}]}`

// Shut closes the door, with all that is under way.
func (p *Proxy) Shut() {
	p.HangUp()
	p.server.Close()
}

// HangUp ends all connections. The door stays open for new ones.
func (p *Proxy) HangUp() { p.server.CloseClientConnections() }

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	c := parse(r)
	if c.Write() {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		c.Body, r.Body = string(body), io.NopCloser(bytes.NewReader(body))
	}
	p.mu.Lock()
	before, number := hook(p.before, c), len(p.calls)
	p.calls = append(p.calls, c)
	p.mu.Unlock()
	what := Passes
	if before != nil {
		what = before(c)
	}
	p.meet(what, c, number, w, r.WithContext(context.WithValue(r.Context(), callKey{}, number)))
}

func (p *Proxy) note(number, status int) Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[number].Status = status
	return p.calls[number]
}

func (p *Proxy) answered(ctx context.Context, status int) {
	number, _ := ctx.Value(callKey{}).(int)
	c := p.note(number, status)
	p.mu.Lock()
	after := hook(p.after, c)
	p.mu.Unlock()
	if after != nil {
		after(c)
	}
}

func hook[F any](hooks map[string]F, c Call) F {
	if f, found := hooks[c.Namespace]; found {
		return f
	}
	return hooks[""]
}

// Decide has every later request about the namespace decided by the function.
func (p *Proxy) Decide(namespace string, before func(Call) Fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before[namespace] = before
}

// Then has the function called after every later answer about the namespace, before the controller has it.
func (p *Proxy) Then(namespace string, after func(Call)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after[namespace] = after
}

// Since gives the calls from that one on, which match. The function must not ask the proxy for anything.
func (p *Proxy) Since(number int, match func(Call) bool) []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.calls[number:]), func(c Call) bool { return !match(c) })
}

// Count is how many calls there were.
func (p *Proxy) Count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}
