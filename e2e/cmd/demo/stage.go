// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/serin-dev/serin/e2e/internal/proc"
)

// grace is how long the controller may take to end by itself.
const grace = 5 * time.Second

// stage is what the demo starts, and has to end.
type stage struct {
	settings
	dir        string // temporary: the lab's directory and the controller's log
	kubeconfig string
	raised     bool
	controller proc.ID
}

func newStage(s settings) (*stage, error) {
	dir, err := os.MkdirTemp("", "serin-demo-")
	if err != nil {
		return nil, fmt.Errorf("making a temporary directory: %w", err)
	}
	return &stage{settings: s, dir: dir}, nil
}

func (s *stage) labDir() string   { return filepath.Join(s.dir, "lab") }
func (s *stage) serinLog() string { return filepath.Join(s.dir, "serin.log") }

// raise brings the control plane up. Unless it is to be kept, it ends with us, however we end.
func (s *stage) raise(ctx context.Context, out *paper) error {
	out.say(bold, "A control plane comes up on this machine, in %s:", s.labDir())
	args := []string{"up", "--dir", s.labDir(), "--istio", "--kwok", "1"}
	if !s.keep {
		args = append(args, "--with-pid", strconv.Itoa(os.Getpid()))
	}
	cmd := exec.CommandContext(ctx, s.lab, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C reaches it through us, once
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	var problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &problem
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("bringing the lab up: %w: %s", err, strings.TrimSpace(problem.String()))
	}
	s.raised = true
	s.kubeconfig = filepath.Join(s.labDir(), "kubeconfig")
	return nil
}

// startSerin starts the controller as a user would beside a cluster. Its end before ours cancels the play.
func (s *stage) startSerin(cancel context.CancelCauseFunc) error {
	log, err := os.Create(s.serinLog())
	if err != nil {
		return fmt.Errorf("making the controller's log: %w", err)
	}
	cmd := exec.Command(s.serin, "--kubeconfig", s.kubeconfig, "--leader-elect=false",
		"--metrics-bind-address=0", "--health-probe-bind-address=0")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = proc.ChildAttributes()
	if s.keep {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	}
	started := make(chan error, 1)
	go func() {
		// The child dies with the thread that started it (proc.ChildAttributes), which therefore stays until the child has ended.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		_ = log.Close()
		if err == nil {
			_ = cmd.Wait() // the state says it, too, and also that all was well
			cancel(fmt.Errorf("the controller ended: %s", cmd.ProcessState))
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting the controller: %w", err)
	}
	if s.controller, err = proc.Identify(cmd.Process.Pid); err != nil {
		return fmt.Errorf("the controller ended at once: %w", err)
	}
	return nil
}

// tell prints the last words of the controller and of the lab.
func (s *stage) tell(out *paper) {
	logs, _ := filepath.Glob(filepath.Join(s.labDir(), "logs", "*.log")) // the pattern is right
	for _, file := range append(logs, s.serinLog()) {
		lines := 4
		if file == s.serinLog() {
			lines = 25
		}
		text, err := os.ReadFile(file)
		if err != nil || len(text) == 0 {
			continue
		}
		all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
		out.say(bold, "The end of %s:", file)
		out.say(grey, "  %s", strings.Join(all[max(0, len(all)-lines):], "\n  "))
	}
}

// leave ends everything and removes it, or says how to.
func (s *stage) leave(out *paper, keep bool) error {
	if keep && s.raised {
		s.explain(out)
		return nil
	}
	if s.controller.Alive() {
		proc.End(grace, s.controller)
	}
	var err error
	if down, failed := exec.Command(s.lab, "down", "--dir", s.labDir()).CombinedOutput(); failed != nil {
		err = fmt.Errorf("taking the lab down: %w: %s", failed, bytes.TrimSpace(down))
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *stage) explain(out *paper) {
	out.say(bold, "The control plane and the controller go on running (KEEP):")
	out.say(plain, "  export KUBECONFIG=%s", s.kubeconfig)
	out.say(plain, "  %s kubectl -n shop describe deployment shop     # this kubectl is part of the lab", s.lab)
	out.say(plain, "  %s status shop -n shop -w     # \"kubectl serin\" where it is on the PATH", s.view.plugin)
	out.say(plain, "  tail -f %s", s.serinLog())
	out.say(plain, "To end them:")
	end := fmt.Sprintf("%s down --dir %s && rm -r %s", s.lab, s.labDir(), s.dir)
	if s.controller.Alive() { // nobody is to type "kill 0"
		end = fmt.Sprintf("kill %d; %s", s.controller.PID, end)
	}
	out.say(plain, "  %s", end)
}
