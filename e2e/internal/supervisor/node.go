// SPDX-License-Identifier: Apache-2.0

package supervisor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/node"
	"github.com/serin-dev/serin/e2e/internal/proc"
)

const (
	// InitCommand is the hidden sub-command that calls Init.
	InitCommand = "init"

	// ReportFD is where a child of ours finds its report: the first of exec.Cmd.ExtraFiles.
	ReportFD = 3

	// Failed begins the last part of a report of failure.
	Failed = "failed: "
)

// runNode owns process 1 of a node, which owns all others. Killing it is the whole teardown, but for the cgroups.
func runNode(ctx context.Context, layout controlplane.Layout, state State, report io.WriteCloser) (err error) {
	cgroup := node.CgroupOf(layout.Dir)
	if err := cgroup.Remove(); err != nil { // of a lab whose owner was killed
		return err
	}
	defer func() { err = errors.Join(err, cgroup.Remove()) }()
	if err := cgroup.Create(); err != nil {
		return err
	}

	runtime.LockOSThread() // process 1 is to die with this thread, and so with us; we stay until it has
	init, words, err := startInit(layout)
	if err != nil {
		return fmt.Errorf("starting process 1 of the node: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = init.Wait() // the system lets it end only after all others of its namespace
		close(ended)
	}()
	defer func() {
		_ = init.Process.Kill()
		<-ended
	}()
	if state, err = state.withInit(init.Process.Pid); err != nil {
		return fmt.Errorf("process 1 of the node ended at once: %w", err)
	}
	if err := errors.Join(state.write(layout), relayUntilReady(ctx, words, report)); err != nil {
		return err
	}
	if err := announce(layout, state, report); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-ended:
		return fmt.Errorf("process 1 of the node ended: %s", init.ProcessState)
	}
}

func relayUntilReady(ctx context.Context, words io.Reader, report io.Writer) error {
	up := make(chan error, 1)
	go func() { up <- relay(words, report) }()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-up:
		return err
	}
}

func startInit(layout controlplane.Layout) (*exec.Cmd, io.Reader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	words, writer, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer writer.Close()
	init := exec.Command(self, InitCommand, "--dir="+layout.Dir)
	init.Dir, init.Stdout, init.Stderr = "/", os.Stdout, os.Stderr
	init.ExtraFiles = []*os.File{writer}
	init.SysProcAttr = node.InitAttributes()
	return init, words, init.Start()
}

// relay passes the report of process 1 on until the node is ready, and returns its failure.
func relay(words io.Reader, report io.Writer) error {
	lines := bufio.NewReader(words)
	for {
		line, err := lines.ReadString('\n')
		if text, failed := strings.CutPrefix(line, Failed); failed {
			rest, _ := io.ReadAll(lines)
			return errors.New(strings.TrimRight(text+string(rest), "\n"))
		}
		if err != nil {
			return errors.New("process 1 of the node ended without a word; see lab.log")
		}
		if strings.TrimSuffix(line, "\n") == Ready {
			return nil
		}
		if _, err := io.WriteString(report, line); err != nil {
			return fmt.Errorf("nobody waits for the lab any more: %w", err)
		}
	}
}

func (s State) withInit(pid int) (State, error) {
	var err error
	if s.Init, err = proc.Identify(pid); err != nil {
		return s, err
	}
	s.PIDNamespace, err = pidNamespace(pid)
	return s, err
}

func pidNamespace(pid int) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
}

// isOurs says whether we are in the namespaces of the node ourselves.
func (s State) isOurs() bool {
	ours, err := pidNamespace(os.Getpid())
	return err == nil && ours == s.PIDNamespace
}

// endNode ends what a supervisor that was killed has left of a node: nothing but cgroups, once process 1 is gone.
func endNode(layout controlplane.Layout, state State) error {
	state.Init.Signal(syscall.SIGKILL)
	deadline := time.Now().Add(5 * grace)
	for left := inNamespace(state.PIDNamespace); left > 0; left = inNamespace(state.PIDNamespace) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes of the node in %s do not end", left, layout.Dir)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return node.CgroupOf(layout.Dir).Remove()
}

// inNamespace counts the processes of a PID namespace.
func inNamespace(namespace string) int {
	links, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	if err != nil || namespace == "" {
		return 0
	}
	count := 0
	for _, link := range links {
		if found, err := os.Readlink(link); err == nil && found == namespace {
			count++
		}
	}
	return count
}
