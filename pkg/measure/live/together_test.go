// SPDX-License-Identifier: Apache-2.0

//go:build integration

package live_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/analysis"
)

// Two rollouts are asked for together, and each has its own counts.
func TestTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process("client", "")
	for _, workload := range []string{"shop", "shop-canary", "cart", "cart-canary"} {
		w.add("client", istio("source", "web", workload, "200", ""), 100)
	}
	p := w.prometheus()
	var both atomic.Int32
	target := &url.URL{Scheme: "http", Host: p.address}
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if query := r.Form.Get("query"); strings.Contains(query, `"cart|cart-canary|shop|shop-canary"}[`) {
			both.Add(1)
		}
		r.Method, r.URL.RawQuery, r.Body, r.ContentLength = http.MethodGet, r.Form.Encode(), http.NoBody, 0
		proxy.ServeHTTP(out, r)
	}))
	t.Cleanup(front.Close)
	s := p.study(errors)
	s.Follower = follower(t, front.URL)
	cart := &study{t: t, Follower: s.Follower, question: s.question, key: types.NamespacedName{Namespace: "web", Name: "cart"}}
	cart.question.Subject.Target, cart.question.Subject.Canary, cart.question.Subject.Service = "cart", "cart-canary", "cart"
	cart.now()
	s.settledAfterStart()
	cart.settledAfterStart()
	w.add("client", istio("source", "web", "shop", "200", ""), 40)
	w.add("client", istio("source", "web", "shop-canary", "503", ""), 3)
	w.add("client", istio("source", "web", "cart", "503", ""), 5)
	w.add("client", istio("source", "web", "cart-canary", "200", ""), 7)
	s.counts("errors", analysis.Counts{Total: 40}, analysis.Counts{Bad: 3, Total: 3})
	cart.counts("errors", analysis.Counts{Bad: 5, Total: 5}, analysis.Counts{Total: 7})
	if both.Load() == 0 {
		t.Error("no question was for both")
	}
}
