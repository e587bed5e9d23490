// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/term"
)

// view is the plugin's own: drawn where there is a terminal, else a line for each change.
type view struct {
	plugin     string // kubectl-serin's binary
	kubeconfig string
	terminal   // nobody at one: lines, on the paper
	out        *paper
}

// terminal is where a person looks, and types. Its zero value is none.
type terminal struct {
	screen, keys *os.File
}

// atTerminal is a person's terminal, or none where the screen is a file or a pipe.
func atTerminal(screen, keys *os.File) terminal {
	if !term.IsTerminal(int(screen.Fd())) {
		return terminal{}
	}
	return terminal{screen, keys}
}

// colours reports whether they are of any use there, and wanted.
func (t terminal) colours() bool {
	return t.screen != nil && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// What the plugin's exit codes tell.
const (
	codePromoted    = 0
	codeRolledBack  = 1
	codeInterrupted = 130 // a person at its terminal has seen enough
)

// show follows a rollout to its end, of which the plugin's exit code tells.
func (v view) show(ctx context.Context, namespace string, code int) error {
	cmd := exec.CommandContext(ctx, v.plugin, "status", app, "-n", namespace, "-w", "--wait",
		"--kubeconfig", v.kubeconfig, "--timeout", (2 * patience).String()) // which also ends it if we are killed
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it gives the terminal back
	cmd.WaitDelay = grace
	cmd.Stdout, cmd.Stderr = v.out, v.out
	if v.screen != nil {
		cmd.Stdin, cmd.Stdout = v.keys, v.screen
	} else {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C reaches it through us, once
	}
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case cmd.ProcessState == nil:
		return fmt.Errorf("starting kubectl-serin: %w", err)
	case cmd.ProcessState.ExitCode() == code:
		return nil
	case cmd.ProcessState.ExitCode() == codeInterrupted:
		return errInterrupted
	}
	return fmt.Errorf("kubectl serin status --wait was to end with code %d: %s", code, cmd.ProcessState)
}
