// SPDX-License-Identifier: Apache-2.0

package inside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/serin-dev/serin/e2e/lab"
)

// dirVariable names the directory of the lab that the process runs in.
const dirVariable = "SERIN_INSIDE_LAB"

// Main runs the tests of a package in a lab of its own, and returns their exit code. The function prepares what all of them
// share, and returns what is to be done when they have ended.
func Main(ctx context.Context, m *testing.M, options lab.Options, prepare func(context.Context, *lab.Lab) (finish func() error, err error)) int {
	var code int
	var err error
	if dir := os.Getenv(dirVariable); dir != "" {
		// A signal ends these as it ends all tests: they need not clean up in a lab that goes.
		code, err = within(ctx, m, dir, prepare)
	} else {
		code, err = around(ctx, options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

func within(ctx context.Context, m *testing.M, dir string, prepare func(context.Context, *lab.Lab) (func() error, error)) (int, error) {
	l, err := lab.Open(dir)
	if err != nil {
		return 1, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	finish, err := prepare(ctx, l)
	if err != nil {
		return 1, err
	}
	code := m.Run()
	return code, finish()
}

// around brings the lab up and runs this very program again inside of it.
func around(ctx context.Context, options lab.Options) (code int, err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return 1, fmt.Errorf("finding the tests' own file: %w", err)
	}
	l, err := lab.Start(ctx, options)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, l.Stop()) }()
	tests := l.Command(ctx, self, os.Args[1:]...)
	tests.Env = append(os.Environ(), dirVariable+"="+l.Dir)
	tests.Stdout, tests.Stderr = os.Stdout, os.Stderr
	tests.Cancel = func() error { return tests.Process.Signal(syscall.SIGTERM) }
	err = tests.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}
