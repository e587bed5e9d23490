// SPDX-License-Identifier: Apache-2.0

package supervisor

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/node"
)

// Init is process 1 of a node: it brings the lab up inside, tells the report so, and stays until it is killed.
func Init(ctx context.Context, layout controlplane.Layout, report io.WriteCloser) error {
	state, _, err := ReadState(layout)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := node.SetUp(controlplane.ServiceCIDR, layout.Dir, filepath.Dir(self), state.Options.Images); err != nil {
		return err
	}
	go node.ReapOrphans(ctx)
	components := newGroup(layout)
	if err := bringUp(ctx, layout, state.Options, components, report); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(report, Ready); err != nil {
		return err
	}
	_ = report.Close()
	return own(ctx, components)
}

// Exec runs a command where the lab's components run, and returns its exit code.
func Exec(layout controlplane.Layout, command []string) (int, error) {
	state, up, err := ReadState(layout)
	if err != nil {
		return 0, err
	}
	switch {
	case state.isOurs():
		path, err := exec.LookPath(command[0])
		if err != nil {
			return 0, err
		}
		return 0, syscall.Exec(path, command, os.Environ())
	case !up || !state.Ready:
		return 0, fmt.Errorf("no lab is up in %s: run 'lab up --dir %s --node' first", layout.Dir, layout.Dir)
	case !state.Options.Node:
		return 0, fmt.Errorf("the lab in %s has no node and no namespaces of its own: run the command as it is", layout.Dir)
	}
	return node.Run(state.Init, command[0], command[1:]...)
}
