// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/offline"
)

// Build says which build this is.
type Build struct {
	Version string
	Commit  string
}

// String is what the command says of its build: the version, the commit and the compiler.
func (b Build) String() string {
	return fmt.Sprintf("%s (commit %s, %s)", b.Version, b.Commit, runtime.Version())
}

// Surroundings are what a run of the command is given.
type Surroundings struct {
	genericiooptions.IOStreams

	Now    func() time.Time
	Getenv func(string) string
}

// connector makes the cluster of one run, once its flags are read.
type connector func() (*cluster.Cluster, error)

// The groups of the help, in its order.
const (
	watching = "watching"
	steering = "steering"
	delivery = "delivery"
	checking = "checking"
)

// NewCommand is the command with all of its subcommands.
func NewCommand(build Build, around Surroundings) *cobra.Command {
	flags := genericclioptions.NewConfigFlags(true)
	connect := func() (*cluster.Cluster, error) { return cluster.Connect(flags, around.ErrOut, around.Now) }
	root := newRoot(build, around, connect)
	flags.AddFlags(root.PersistentFlags())
	// Seldom used, and many: they work, and the reference page of kubectl has them.
	for _, name := range []string{"as-uid", "as-user-extra", "cache-dir", "certificate-authority", "client-certificate", "client-key", "disable-compression", "insecure-skip-tls-verify", "tls-server-name", "token", "user", "server", "cluster"} {
		if flag := root.PersistentFlags().Lookup(name); flag != nil {
			flag.Hidden = true
		}
	}
	return root
}

func newRoot(build Build, around Surroundings, connect connector) *cobra.Command {
	root := &cobra.Command{
		Version: build.String(),
		Use:     "kubectl-serin",
		Short:   "Follow and steer the rollouts of annotated Deployments",
		Long: "Follow and steer the rollouts of Deployments that opted in with the annotation serin.dev/canary: \"true\".\n" +
			"A new template of such a Deployment goes out as a canary, step by step.",
		Example: "  # All rollouts, and one of them live\n  kubectl serin list -A\n  kubectl serin status shop -w\n\n" +
			"  # The step of a pipeline\n  kubectl serin run shop --image app=registry.example/shop:v2",
		SilenceErrors: true, // main prints them
		SilenceUsage:  true, // an error about a Deployment is not one about flags
		// kubectl finds the plugin by the name of its file and shows this one.
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl serin"},
	}
	root.Flags().Bool("version", false, "Print the version of this command") // cobra's own would take -v, too
	root.SetVersionTemplate(fmt.Sprintf(versionFormat, build))
	root.SetIn(around.In)
	root.SetOut(around.Out)
	root.SetErr(around.ErrOut)
	root.AddGroup(&cobra.Group{ID: watching, Title: "See it:"}, &cobra.Group{ID: steering, Title: "Steer it:"},
		&cobra.Group{ID: delivery, Title: "Run it from a pipeline:"}, &cobra.Group{ID: checking, Title: "Check it:"})
	add(root, watching, listCommand(around, connect), statusCommand(around, connect), explainCommand(around, connect), historyCommand(around, connect))
	add(root, steering, orderCommands(connect)...)
	add(root, steering, undoCommand(connect))
	add(root, delivery, runCommand(around, connect))
	add(root, checking, doctorCommand(around, connect))
	add(root, checking, offline.Commands(reader(connect), build.Version)...)
	root.AddCommand(versionCommand(build))
	return root
}

func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, command := range commands {
		command.GroupID = group
		root.AddCommand(command)
	}
}

// versionFormat is the line of "version" and of --version.
const versionFormat = "kubectl-serin %s\n"

func versionCommand(build Build) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this command",
		Example: "  kubectl serin version",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(command.OutOrStdout(), versionFormat, build)
			return err
		},
	}
}

// Ended is an end with an exit code of its own. What there was to say is said,
// unless there is an error.
type Ended struct {
	Code int
	Err  error
}

// Error implements error.
func (e *Ended) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("ended with code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap gives the error that ended it, nil if there is none.
func (e *Ended) Unwrap() error { return e.Err }

// timedOut is the exit code of what waited in vain.
const timedOut = 2

// interrupted is what shells tell of a process that Ctrl-C ended.
const interrupted = 130

func oneName(command *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return fmt.Errorf("the name of the Deployment is missing: %s NAME", command.CommandPath())
	case len(args) > 1:
		return fmt.Errorf("one Deployment at a time, got %q", args)
	}
	return nil
}
