// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/proc"
)

// serinBinary is $SERIN_BIN, or bin/serin of the nearest directory above that has it.
func serinBinary() (string, error) {
	if path := os.Getenv("SERIN_BIN"); path != "" {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "bin", "serin")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", errors.New("no bin/serin in any directory above: run 'make build' in the repository, or set SERIN_BIN")
}

// alone are the flags of a controller that needs no ports and no lease.
var alone = []string{"--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0", "-v=1"}

// spawner starts processes from a thread that never ends, so that they end with this process and not before.
var spawner = func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
}()

// serin is the controller, which may be killed and started again.
type serin struct {
	*proxy
	args []string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	out  bytes.Buffer
}

// Write takes what the controller prints.
func (s *serin) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(text)
}

// startSerin starts a controller that ends with the test.
func startSerin(t testing.TB, p *proxy, args ...string) *serin {
	t.Helper()
	s := &serin{proxy: p, args: args}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		s.complain(t)
	})
	return s
}

// complain fails the test for what no controller should ever print.
func (s *serin) complain(t testing.TB) {
	t.Helper()
	if problem := s.problem(); problem != "" {
		t.Error(problem)
	}
}

func (s *serin) problem() string {
	log := s.log()
	for _, word := range []string{"DATA RACE", "panic", "goroutine "} {
		if at := strings.Index(log, word); at >= 0 {
			return fmt.Sprintf("the controller printed %q:\n%s", word, log[max(0, at-500):min(len(log), at+6000)])
		}
	}
	return ""
}

func (s *serin) start() error {
	binary, err := serinBinary()
	if err != nil {
		return err
	}
	cmd := exec.Command(binary, append([]string{"--kubeconfig", s.kubeconfig}, s.args...)...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = s, s, proc.ChildAttributes()
	started := make(chan error)
	spawner <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd, s.done = cmd, done
	return nil
}

// ended is closed when the process that was started last has ended.
func (s *serin) ended() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

// signal sends a signal to the process and waits until it has ended.
func (s *serin) signal(signal syscall.Signal) {
	s.mu.Lock()
	cmd, done := s.cmd, s.done
	s.mu.Unlock()
	_ = cmd.Process.Signal(signal)
	<-done
}

func (s *serin) kill() { s.signal(syscall.SIGKILL) }

func (s *serin) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// about is what was printed about a namespace, shortened.
func (s *serin) about(namespace string) string {
	var lines strings.Builder
	for line := range strings.Lines(s.log()) {
		if !strings.Contains(line, `"`+namespace+`"`) {
			continue
		}
		var said struct{ Level, Ts, Msg, Phase, Reason, Weight, Message, Conflict, Error string }
		if err := json.Unmarshal([]byte(line), &said); err != nil || said.Msg == "Event occurred" {
			continue
		}
		fmt.Fprintln(&lines, said.Ts, said.Level, said.Msg, said.Phase, said.Reason, said.Weight, said.Message, said.Conflict, said.Error)
	}
	return lines.String()
}

// everyones is the controller of all tests that do nothing to it. It starts when the first of them wants it.
var everyones shelf

type shelf struct {
	once  sync.Once
	dir   string
	serin *serin
	err   error
}

func (s *shelf) take(t testing.TB) *serin {
	t.Helper()
	if s.once.Do(s.fill); s.err != nil {
		t.Fatal(s.err)
	}
	return s.serin
}

// fill starts it. It outlives the test that wants it first.
func (s *shelf) fill() {
	var p *proxy
	if s.dir, s.err = os.MkdirTemp("", "serin-"); s.err != nil {
		return
	}
	if p, s.err = openProxy(s.dir, shared, shared.token); s.err != nil {
		return
	}
	s.serin = &serin{proxy: p, args: alone}
	s.err = s.serin.start()
}

// stop ends it, and tells what it should never have printed.
func (s *shelf) stop() error {
	defer func() { _ = os.RemoveAll(s.dir) }()
	if s.serin == nil {
		return nil
	}
	s.serin.kill()
	s.serin.shut()
	if problem := s.serin.problem(); problem != "" {
		return errors.New(problem)
	}
	return nil
}
