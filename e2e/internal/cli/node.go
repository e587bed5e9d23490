// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/node"
	"github.com/serin-dev/serin/e2e/internal/supervisor"
)

// exitCode is the error of a command that has said itself what there was to say.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// findImages makes the directory of image files absolute, for the supervisor to find it, and equal for equal labs.
func (f *upFlags) findImages() (err error) {
	if !f.options.Node {
		return nil
	}
	if f.options.Images == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding the lab's own file: %w", err)
		}
		f.options.Images = filepath.Join(filepath.Dir(self), "images")
	}
	f.options.Images, err = filepath.Abs(f.options.Images)
	return err
}

// requireNode fails before anything is started if a node is asked for and cannot be had.
func (f *upFlags) requireNode() error {
	if !f.options.Node {
		return nil
	}
	return errors.Join(node.Needs(), node.CheckImages(f.options.Images))
}

// initCommand is process 1 of a node. It is started by the supervisor and by nobody else.
func initCommand() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:    supervisor.InitCommand,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			report := os.NewFile(supervisor.ReportFD, "report")
			err := supervisor.Init(command.Context(), controlplane.Layout{Dir: dir}, report)
			_, _ = fmt.Fprint(report, supervisor.Failed, err)
			return err
		},
	}
	addDir(command, &dir)
	return command
}

func execCommand() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "exec --dir DIR -- COMMAND [ARGUMENTS]",
		Short: "Run a command in the namespaces of a lab with a node",
		Long: "Run a command in the network, mount, PID, IPC and UTS namespaces of the lab in DIR, which has a node.\n" +
			"It has this working directory, environment, input and output; its exit code is returned, and it ends with 'lab exec'.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runInside(dir, args) },
	}
	addDir(command, &dir)
	return command
}

func importCommand() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "import --dir DIR FILE.tar …",
		Short: "Give images to a lab with a node",
		Long:  "Give images to the lab in DIR, which has a node. The files are archives in the format of OCI or of docker save.",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, file := range args {
				if err := runInside(dir, controlplane.ImportCommand(file)); err != nil {
					return fmt.Errorf("importing %s: %w", file, err)
				}
			}
			return nil
		},
	}
	addDir(command, &dir)
	return command
}

func runInside(dir string, command []string) error {
	layout, err := layoutOf(dir)
	if err != nil {
		return err
	}
	code, err := supervisor.Exec(layout, command)
	if err == nil && code != 0 {
		return exitCode(code)
	}
	return err
}
