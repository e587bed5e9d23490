// SPDX-License-Identifier: Apache-2.0

package integration_test

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
	"testing"
)

// fate is what becomes of a request.
type fate int

const (
	passes    fate = iota
	fails          // 500, and nothing is written
	conflicts      // 409, and nothing is written
	getsLost       // written, and the connection ends without an answer
	forbidden      // 403
	cut            // the connection ends before anything is written
)

// proxy is a controller's only door to the API server. It speaks for the controller's account.
type proxy struct {
	*httptest.Server
	kubeconfig string
	reverse    *httputil.ReverseProxy

	mu    sync.Mutex
	calls []call
	// By namespace; the entry for "" is asked about what no other is asked about.
	before map[string]func(call) fate // may wait; decides
	after  map[string]func(call)      // the API server has answered, the controller does not know it yet
}

type callKey struct{}

// newProxy opens a door that ends with the test.
func newProxy(t testing.TB, c *cluster, token string) *proxy {
	t.Helper()
	p, err := openProxy(t.TempDir(), c, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.shut)
	return p
}

func openProxy(dir string, c *cluster, token string) (*proxy, error) {
	upstream, err := url.Parse(c.APIServer)
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	p := &proxy{before: map[string]func(call) fate{}, after: map[string]func(call){}}
	p.reverse = &httputil.ReverseProxy{
		FlushInterval: -1, // watches
		ErrorLog:      log.New(io.Discard, "", 0),
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
			r.Out.Header.Set("Authorization", "Bearer "+token)
		},
		ModifyResponse: func(r *http.Response) error {
			p.answered(r.Request.Context(), r.StatusCode)
			return nil
		},
	}
	p.Server = httptest.NewServer(p)
	p.kubeconfig = filepath.Join(dir, "kubeconfig")
	return p, os.WriteFile(p.kubeconfig, fmt.Appendf(nil, kubeconfigFormat, p.URL), 0o600)
}

const kubeconfigFormat = `{"apiVersion":"v1","kind":"Config","current-context":"lab",
"clusters":[{"name":"lab","cluster":{"server":%q}}],
"contexts":[{"name":"lab","context":{"cluster":"lab"}}]}`

func (p *proxy) shut() {
	p.CloseClientConnections()
	p.Close()
}

// ServeHTTP implements http.Handler.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := parse(r)
	if c.write() {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		c.body, r.Body = string(body), io.NopCloser(bytes.NewReader(body))
	}
	p.mu.Lock()
	before, number := hook(p.before, c), len(p.calls)
	p.calls = append(p.calls, c)
	p.mu.Unlock()
	what := passes
	if before != nil {
		what = before(c)
	}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, number))
	switch what {
	case passes:
		p.reverse.ServeHTTP(w, r)
	case fails:
		p.refuse(w, number, http.StatusInternalServerError, "InternalError", "the test lets this fail")
	case conflicts:
		p.refuse(w, number, http.StatusConflict, "Conflict", "the test pretends that the object has been modified")
	case forbidden:
		p.refuse(w, number, http.StatusForbidden, "Forbidden", fmt.Sprintf("%s.networking.istio.io is forbidden: User \"serin\" cannot %s resource %q", c.resource, c.verb, c.resource))
	case getsLost:
		p.reverse.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case cut:
		panic(http.ErrAbortHandler)
	}
}

func (p *proxy) refuse(w http.ResponseWriter, number, code int, reason, message string) {
	p.note(number, code)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"message":%q,"code":%d}`, reason, message, code)
}

func (p *proxy) note(number, status int) call {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[number].status = status
	return p.calls[number]
}

func (p *proxy) answered(ctx context.Context, status int) {
	number, _ := ctx.Value(callKey{}).(int)
	c := p.note(number, status)
	p.mu.Lock()
	after := hook(p.after, c)
	p.mu.Unlock()
	if after != nil {
		after(c)
	}
}

func hook[F any](hooks map[string]F, c call) F {
	if f, found := hooks[c.namespace]; found {
		return f
	}
	return hooks[""]
}

// decide has every later request about the namespace decided by the function.
func (p *proxy) decide(namespace string, before func(call) fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before[namespace] = before
}

// then has the function called after every later answer about the namespace.
func (p *proxy) then(namespace string, after func(call)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after[namespace] = after
}

// since gives the calls from that one on, which match.
func (p *proxy) since(number int, match func(call) bool) []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.calls[number:]), func(c call) bool { return !match(c) })
}

// count is how many calls there were.
func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}
