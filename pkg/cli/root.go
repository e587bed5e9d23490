// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// Build says which build this is.
type Build struct {
	Version string
	Commit  string
}

// NewCommand is the command with all of its subcommands. It writes to out what
// was asked for, and to warn what the API server warns about.
func NewCommand(build Build, out, warn io.Writer, now func() time.Time) *cobra.Command {
	flags := &connection{}
	connect := func() (*session, error) { return flags.connect(warn, now) }
	root := newRoot(build, connect)
	root.SetOut(out)
	root.SetErr(warn)
	flags.add(root.PersistentFlags())
	return root
}

// connector makes the session of one run, once its flags are read.
type connector func() (*session, error)

func newRoot(build Build, connect connector) *cobra.Command {
	root := &cobra.Command{
		Use:   "kubectl-serin",
		Short: "Follow and steer the rollouts of annotated Deployments",
		Long: "Follow and steer the rollouts of Deployments that opted in with the annotation serin.dev/canary: \"true\".\n" +
			"A new template of such a Deployment goes out as a canary, step by step.",
		SilenceErrors: true, // main prints them
		SilenceUsage:  true, // an error about a Deployment is not one about flags
		// kubectl finds the plugin by the name of its file and shows this one.
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl serin"},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(versionCommand(build), statusCommand(connect))
	root.AddCommand(explainCommand(connect))
	root.AddCommand(historyCommand(connect))
	for _, order := range orders {
		root.AddCommand(order.command(connect))
	}
	return root
}

func versionCommand(build Build) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this command",
		Example: "  kubectl serin version",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(command.OutOrStdout(), "kubectl-serin %s (commit %s)\n", build.Version, build.Commit)
			return err
		},
	}
}
