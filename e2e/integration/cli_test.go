// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// plugin is $KUBECTL_SERIN_BIN, or bin/kubectl-serin of the repository.
func plugin(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("KUBECTL_SERIN_BIN"); path != "" {
		return path
	}
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", "kubectl-serin"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal("no bin/kubectl-serin: run 'make build' in the repository, or set KUBECTL_SERIN_BIN")
	}
	return path
}

// process is the plugin while it runs.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	done chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (c *process) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(text)
}

func (c *process) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// command starts the plugin as the cluster's administrator.
func (p *shop) command(args ...string) *process {
	p.Helper()
	return p.commandThrough(p.Kubeconfig, args...)
}

func (p *shop) commandThrough(kubeconfig string, args ...string) *process {
	p.Helper()
	c := &process{t: p, done: make(chan struct{})}
	c.cmd = exec.Command(plugin(p), append(args, "--kubeconfig", kubeconfig, "-n", p.namespace)...)
	c.cmd.Stdout, c.cmd.Stderr = c, c
	if err := c.cmd.Start(); err != nil {
		p.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait()
		close(c.done)
	}()
	p.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.done
		if p.Failed() {
			p.Logf("kubectl serin %s\n%s", strings.Join(args, " "), c.said())
		}
	})
	return c
}

// ends waits for the plugin to end with the code, having said the words.
func (c *process) ends(code int, words ...string) string {
	c.t.Helper()
	said := c.endsAnyhow(words...)
	if got := c.cmd.ProcessState.ExitCode(); got != code {
		c.t.Errorf("it ended with %d and not %d", got, code)
	}
	return said
}

// endsAnyhow waits for the plugin to end, with whatever code.
func (c *process) endsAnyhow(words ...string) string {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(2 * time.Minute):
		c.t.Fatalf("it goes on; so far it said\n%s", c.said())
	}
	c.has(words...)
	return c.said()
}

func (c *process) has(words ...string) {
	c.t.Helper()
	for _, word := range words {
		if !strings.Contains(c.said(), word) {
			c.t.Errorf("it does not say %q, but\n%s", word, c.said())
		}
	}
}

// says waits for words.
func (c *process) says(word string) {
	c.t.Helper()
	deadline, look := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for !strings.Contains(c.said(), word) {
		select {
		case <-look.C:
		case <-c.done:
			if !strings.Contains(c.said(), word) {
				c.t.Fatalf("it ended without %q, and said\n%s", word, c.said())
			}
		case <-deadline:
			c.t.Fatalf("waited for %q; it said\n%s", word, c.said())
		}
	}
}

func (c *process) signal(s syscall.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.t.Fatal(err)
	}
}
