// SPDX-License-Identifier: Apache-2.0

package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/serin-dev/serin/e2e/internal/proc"
)

// Run runs a command in the namespaces of the node whose process 1 is given, and returns its exit code.
//
// The command has our working directory, environment, input and output; it gets the signals that we get, and dies with us.
func Run(init proc.ID, name string, args ...string) (code int, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		// The thread enters, and everything that it starts is inside. It cannot leave, and so ends with this function.
		runtime.LockOSThread()
		code, err = run(init, name, args)
	}()
	<-done
	return code, err
}

func run(init proc.ID, name string, args []string) (int, error) {
	if err := enter(init); err != nil {
		return 0, err
	}
	// Go's own way to have a child die with its parent does not work if the parent is in another PID namespace.
	command := exec.Command("setpriv", append([]string{"--pdeathsig", "KILL", "--", name}, args...)...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT)
	defer signal.Stop(signals)
	if err := command.Start(); err != nil {
		return 0, err
	}
	go func() {
		for received := range signals {
			if !fromTerminal(received) {
				_ = command.Process.Signal(received)
			}
		}
	}()
	return exitCode(command.Wait())
}

// enter moves this thread into the namespaces.
func enter(init proc.ID) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	fd, err := unix.PidfdOpen(init.PID, 0)
	if err != nil {
		return fmt.Errorf("finding the first process of the node: %w", err)
	}
	defer unix.Close(fd)
	if !init.Alive() {
		return errors.New("the node has ended")
	}
	// Threads share their root and working directory until one of them asks for its own, and only such a thread may enter.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	if err := unix.Setns(fd, int(allNamespaces)); err != nil {
		return fmt.Errorf("entering the namespaces of the node: %w (run it as root)", err)
	}
	if err := unix.Chdir(dir); err != nil {
		return fmt.Errorf("the working directory %s cannot be seen in the node, which has /run and /var for itself: %w", dir, err)
	}
	return nil
}

// fromTerminal says whether the signal has gone to the command as well, as a terminal sends it to all in its foreground.
func fromTerminal(received os.Signal) bool {
	if received != syscall.SIGINT && received != syscall.SIGQUIT {
		return false
	}
	foreground, err := unix.IoctlGetInt(0, unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}

// exitCode is what a shell would report.
func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
