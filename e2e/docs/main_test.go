// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/serin-dev/serin/e2e/lab"
)

// root is the repository.
var root = filepath.Join("..", "..")

func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set("8") // readers mostly wait
	}
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// shared is brought up when a test wants it first.
var shared world

// world is a cluster of fake nodes, in which nothing of Serin is installed, with somebody who plays the kubelet for what pages install,
// and the tools of a reader.
type world struct {
	once       sync.Once
	installing sync.Once
	err        error
	lab        *lab.Lab
	kubelet    *kubelet
	repository string // absolute
	tools      string // a directory for the PATH
}

// take returns it, brought up.
func (w *world) take(t *testing.T) *world {
	t.Helper()
	if w.once.Do(w.up); w.err != nil {
		t.Fatal(w.err)
	}
	return w
}

func (w *world) up() {
	if w.repository, w.err = filepath.Abs(root); w.err != nil {
		return
	}
	if w.err = w.collect(); w.err != nil {
		return
	}
	ctx := context.Background() // it outlives the test that wants it first
	if w.lab, w.err = lab.Start(ctx, lab.Options{Istio: true, KWOKNodes: 1, NoGuard: true}); w.err != nil {
		return
	}
	w.kubelet, w.err = watchOver(ctx, w.lab, w.tools)
}

func (w *world) stop() error {
	var problems []error
	if w.kubelet != nil {
		problems = append(problems, w.kubelet.stop())
	}
	if w.lab != nil {
		problems = append(problems, w.lab.Stop())
	}
	if w.tools != "" {
		problems = append(problems, os.RemoveAll(w.tools))
	}
	return errors.Join(problems...)
}
