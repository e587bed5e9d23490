// SPDX-License-Identifier: Apache-2.0

// Command kubectl-serin follows and steers rollouts. On the PATH it is the
// kubectl plugin "kubectl serin".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/serin-dev/serin/pkg/cli"
)

// Set by the linker.
var (
	version = "dev"
	commit  = "unknown"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	command := cli.NewCommand(cli.Build{Version: version, Commit: commit}, cli.Surroundings{
		IOStreams: genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}, Now: time.Now, Getenv: os.Getenv,
	})
	err := command.ExecuteContext(ctx)
	stop()
	os.Exit(code(err))
}

// code prints what went wrong, and gives the exit code that tells of it.
func code(err error) int {
	if err == nil {
		return 0
	}
	var ended *cli.Ended
	if !errors.As(err, &ended) {
		ended = &cli.Ended{Code: 1, Err: err}
	}
	if ended.Err != nil {
		fmt.Fprintln(os.Stderr, "Error:", ended.Err)
	}
	return ended.Code
}
