// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/e2e/sample/internal/identity"
)

// Run runs the command line and returns the exit code.
func Run(ctx context.Context) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use:           "sample",
		Short:         "An application to roll out, and load on it",
		Long:          "An application to roll out, and load on it.\n\n" + environment,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(serveCommand(), loadCommand())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		return 1
	}
	return 0
}

const environment = `Who it is comes from the environment:
  VERSION    the version that answers carry (the image brings its tag)
  POD_NAME   the pod; by default the host's name
  POD_IP     the pod's address, which istiod wants to know
  NAMESPACE  the pod's namespace; by default "default"
  WORKLOAD   the Deployment; by default what the pod's name tells
  APP        what all versions have in common; by default the workload`

func whoAmI() identity.Identity {
	hostname, _ := os.Hostname() // if it has none, it is called unknown
	return identity.Read(os.Getenv, hostname)
}
