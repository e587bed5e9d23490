// SPDX-License-Identifier: Apache-2.0

package serin

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	"github.com/serin-dev/serin/e2e/internal/proc"
)

// Binary is $SERIN_BIN, or bin/serin of the nearest directory above that has it.
func Binary() (string, error) {
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

// Alone are the flags of a controller that needs no ports and no lease.
var Alone = []string{"--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0", "-v=1"}

// spawner starts processes from a thread that never ends, so that they end with this process and not before.
var spawner = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// Process is the controller, which may be killed and started again.
type Process struct {
	kubeconfig string
	args       []string
	out        output

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// output takes what the controller prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

// Start starts a controller. Kill it.
func Start(kubeconfig string, args ...string) (*Process, error) {
	p := &Process{kubeconfig: kubeconfig, args: args}
	if err := p.Start(); err != nil {
		return nil, err
	}
	return p, nil
}

// Start starts the controller again, when it has ended.
func (p *Process) Start() error {
	binary, err := Binary()
	if err != nil {
		return err
	}
	cmd := exec.Command(binary, append([]string{"--kubeconfig", p.kubeconfig}, p.args...)...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &p.out, &p.out, proc.ChildAttributes()
	started := make(chan error)
	spawner() <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd, p.done = cmd, done
	return nil
}

// Ended is closed when the process that was started last has ended.
func (p *Process) Ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// Signal sends a signal to the process and waits until it has ended.
func (p *Process) Signal(signal syscall.Signal) {
	p.mu.Lock()
	cmd, done := p.cmd, p.done
	p.mu.Unlock()
	_ = cmd.Process.Signal(signal)
	<-done
}

// Kill ends the process without a chance to tidy up.
func (p *Process) Kill() { p.Signal(syscall.SIGKILL) }
