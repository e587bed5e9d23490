// SPDX-License-Identifier: Apache-2.0

// Command kubectl-serin follows and steers rollouts. On the PATH it is the
// kubectl plugin "kubectl serin".
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/serin-dev/serin/pkg/cli"
)

// Set by the linker.
var (
	version = "dev"
	commit  = "unknown"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	command := cli.NewCommand(cli.Build{Version: version, Commit: commit}, os.Stdout, os.Stderr, time.Now)
	err := command.ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
