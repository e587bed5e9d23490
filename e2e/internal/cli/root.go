// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/supervisor"
)

// Run runs the command line and returns the exit code.
func Run(ctx context.Context) int {
	root := &cobra.Command{
		Use:   "lab",
		Short: "A real Kubernetes control plane on this machine, without Docker",
		Long: "A real Kubernetes control plane on this machine, without Docker.\n\n" +
			"Besides the commands below, 'lab kubectl …' is kubectl of the same version, and every component goes by its own name.",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(upCommand(), downCommand(), execCommand(), importCommand(), superviseCommand(), initCommand())
	err := root.ExecuteContext(ctx)
	if code := exitCode(0); errors.As(err, &code) {
		return int(code)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		return 1
	}
	return 0
}

// addDir adds the flag that every command has.
func addDir(command *cobra.Command, dir *string) {
	command.Flags().StringVar(dir, "dir", "", "directory of the lab: kubeconfig, addresses and logs (required)")
}

func layoutOf(dir string) (controlplane.Layout, error) {
	if dir == "" {
		return controlplane.Layout{}, errors.New("--dir is missing: name a directory for this lab, such as --dir /tmp/lab")
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return controlplane.Layout{}, err
	}
	return controlplane.Layout{Dir: absolute}, nil
}

func downCommand() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "down --dir DIR",
		Short: "End the lab in DIR and wait until all its processes are gone",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			layout, err := layoutOf(dir)
			if err != nil {
				return err
			}
			up, err := supervisor.Down(layout)
			if err != nil {
				return err
			}
			if up {
				fmt.Fprintf(command.OutOrStdout(), "The lab in %s is down. Its logs are still there.\n", layout.Dir)
			} else {
				fmt.Fprintf(command.OutOrStdout(), "No lab is up in %s.\n", layout.Dir)
			}
			return nil
		},
	}
	addDir(command, &dir)
	return command
}
