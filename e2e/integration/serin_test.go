// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// newProxy opens a door that ends with the test.
func newProxy(t testing.TB, c *cluster, token string) *apiproxy.Proxy {
	t.Helper()
	p, err := apiproxy.Open(t.TempDir(), c.as(token))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Shut)
	return p
}

// controller is one that may be killed and started again, and its door.
type controller struct {
	*apiproxy.Proxy
	*serin.Process
}

// startSerin starts a controller that ends with the test.
func startSerin(t testing.TB, p *apiproxy.Proxy, args ...string) *controller {
	t.Helper()
	process, err := serin.Start(p.Kubeconfig, args...)
	if err != nil {
		t.Fatal(err)
	}
	s := &controller{p, process}
	t.Cleanup(func() {
		s.Kill()
		s.complain(t)
	})
	return s
}

// complain fails the test for what no controller should ever print.
func (s *controller) complain(t testing.TB) {
	t.Helper()
	if problem := s.Problem(); problem != "" {
		t.Error(problem)
	}
}

// everyones is the controller of all tests that do nothing to it. It starts when the first of them wants it.
var everyones shelf

type shelf struct {
	once  sync.Once
	dir   string
	serin *controller
	err   error
}

func (s *shelf) take(t testing.TB) *controller {
	t.Helper()
	if s.once.Do(s.fill); s.err != nil {
		t.Fatal(s.err)
	}
	return s.serin
}

// fill starts it. It outlives the test that wants it first.
func (s *shelf) fill() {
	if s.dir, s.err = os.MkdirTemp("", "serin-"); s.err != nil {
		return
	}
	p, err := apiproxy.Open(s.dir, shared.as(shared.token))
	if err != nil {
		s.err = err
		return
	}
	process, err := serin.Start(p.Kubeconfig, serin.Alone...)
	if err != nil {
		p.Shut()
		s.err = err
		return
	}
	s.serin = &controller{p, process}
}

// stop ends it, and tells what it should never have printed.
func (s *shelf) stop() error {
	defer func() { _ = os.RemoveAll(s.dir) }()
	if s.serin == nil {
		return nil
	}
	s.serin.Kill()
	s.serin.Shut()
	if problem := s.serin.Problem(); problem != "" {
		return errors.New(problem)
	}
	return nil
}
