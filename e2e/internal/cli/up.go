// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/supervisor"
)

// upFlags are the flags of "up"; the hidden command that does the work takes the same.
type upFlags struct {
	dir     string
	options controlplane.Options
	withPID int
}

func (f *upFlags) add(command *cobra.Command) {
	addDir(command, &f.dir)
	command.Flags().BoolVar(&f.options.Istio, "istio", false, "also run istiod, with Istio's CRDs")
	command.Flags().IntVar(&f.options.KWOKNodes, "kwok", 0, "also run `N` fake nodes and a scheduler, so that pods become ready")
	command.Flags().BoolVar(&f.options.NoGuard, "no-guard", false, "leave out Serin's guard, the admission policy that holds changed templates")
	command.Flags().StringVar(&f.options.Emulated, "emulate", "", "serve the APIs of this older `VERSION` of Kubernetes, such as 1.34; with --no-guard")
	command.Flags().BoolVar(&f.options.Node, "node", false, "also run a real node, in namespaces of its own, so that pods run; this takes root")
	command.Flags().StringVar(&f.options.Images, "images", "", "directory of the image files for --node (default: images, next to the lab's own file)")
	command.Flags().IntVar(&f.withPID, "with-pid", 0, "end the lab when the process with this `PID` ends")
}

func (f *upFlags) args() []string {
	return append(describe(f.options), "--dir="+f.dir, fmt.Sprintf("--with-pid=%d", f.withPID))
}

// describe returns the options as flags.
func describe(options controlplane.Options) []string {
	flags := []string{
		fmt.Sprintf("--istio=%t", options.Istio),
		fmt.Sprintf("--kwok=%d", options.KWOKNodes),
		fmt.Sprintf("--no-guard=%t", options.NoGuard),
	}
	if options.Emulated != "" {
		flags = append(flags, "--emulate="+options.Emulated)
	}
	if options.Node {
		flags = append(flags, "--node", "--images="+options.Images)
	}
	return flags
}

func (f *upFlags) validate() error {
	if f.options.KWOKNodes < 0 {
		return fmt.Errorf("--kwok is a number of nodes and cannot be %d", f.options.KWOKNodes)
	}
	if f.withPID < 0 {
		return fmt.Errorf("--with-pid is a process number and cannot be %d", f.withPID)
	}
	if f.options.Node && f.options.KWOKNodes > 0 {
		return errors.New("--node and --kwok exclude each other, for KWOK would pretend to run the real node's pods: give one of them")
	}
	if f.options.Emulated != "" && !f.options.NoGuard {
		return fmt.Errorf("--emulate=%s serves no mutating policies, and the guard is one: give --no-guard, too", f.options.Emulated)
	}
	if f.options.Images != "" && !f.options.Node {
		return errors.New("--images is for --node only")
	}
	return nil
}

func upCommand() *cobra.Command {
	flags := &upFlags{}
	command := &cobra.Command{
		Use:   "up --dir DIR [--istio] [--kwok N | --node [--images DIR]] [--no-guard] [--emulate VERSION]",
		Short: "Start a control plane and return when all of it is ready",
		Long: "Start etcd, kube-apiserver and kube-controller-manager on free loopback ports, and on request istiod and fake nodes.\n" +
			"They keep running: end them with 'lab down --dir DIR'. DIR/kubeconfig is the administrator's, DIR/env holds the addresses.\n\n" +
			"With --node they run in namespaces of their own, together with containerd, kubelet and kube-proxy. The addresses are good only\n" +
			"there: run commands with 'lab exec --dir DIR -- COMMAND'.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return up(flags) },
	}
	flags.add(command)
	return command
}

func up(flags *upFlags) error {
	if err := flags.validate(); err != nil {
		return err
	}
	layout, err := layoutOf(flags.dir)
	if err != nil {
		return err
	}
	flags.dir = layout.Dir
	if err := flags.findImages(); err != nil {
		return err
	}
	state, running, err := supervisor.ReadState(layout)
	if err != nil {
		return err
	}
	if running {
		return alreadyUp(layout, state, flags)
	}
	if err := flags.requireNode(); err != nil {
		return err
	}
	if err := os.MkdirAll(layout.Dir, 0o700); err != nil {
		return fmt.Errorf("making the lab's directory: %w", err)
	}
	began := time.Now()
	if err := supervise(layout, flags.args()); err != nil {
		return err
	}
	fmt.Printf("The lab is up after %.1fs.\n  export KUBECONFIG=%s\n", time.Since(began).Seconds(), layout.Kubeconfig())
	return nil
}

// alreadyUp is content with a lab that is what was asked for, and refuses any other.
func alreadyUp(layout controlplane.Layout, state supervisor.State, flags *upFlags) error {
	down := fmt.Sprintf("run 'lab down --dir %s' first, or choose another --dir", layout.Dir)
	switch {
	case !state.Ready:
		return fmt.Errorf("a lab is just coming up in %s: wait for it, or %s", layout.Dir, down)
	case state.Options != flags.options:
		return fmt.Errorf("a lab with %s is up in %s: %s", strings.Join(describe(state.Options), " "), layout.Dir, down)
	case state.Follows != 0 && state.Follows != flags.withPID:
		return fmt.Errorf("the lab in %s will end with process %d: %s", layout.Dir, state.Follows, down)
	}
	if dead, err := supervisor.Dead(layout, state); err != nil || len(dead) > 0 {
		return errors.Join(err, fmt.Errorf("the lab in %s is up without %s, which has ended since (see %s): %s",
			layout.Dir, strings.Join(dead, " and "), filepath.Dir(layout.Log("lab")), down))
	}
	fmt.Printf("The lab in %s is already up.\n  export KUBECONFIG=%s\n", layout.Dir, layout.Kubeconfig())
	return nil
}
