// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/serin-dev/serin/e2e/lab"
)

// settings say what to run, and whether to leave it running.
type settings struct {
	lab   string // the lab's binary
	serin string // the controller's binary
	view  view
	guard string // directory of the guard's manifests
	keep  bool
}

func main() {
	// A reader that goes away (make demo | head) is an interruption, too: without a handler SIGPIPE would end us at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	terminal := atTerminal(os.Stdout, os.Stdin)
	out := newPaper(os.Stdout, terminal.colours())
	settings, err := find()
	if err == nil {
		settings.view.terminal = terminal
		err = perform(ctx, out, settings)
	}
	stop()
	switch {
	case err == nil:
		return
	case wasInterrupted(err):
		out.say(yellow, "Stopped: %v", err)
	default:
		out.say(red, "FAILED: %v", err)
	}
	os.Exit(1)
}

// find looks for what the demo runs: in the environment, or in the repository that holds the working directory.
func find() (settings, error) {
	s := settings{serin: os.Getenv("SERIN_BIN"), view: view{plugin: os.Getenv("KUBECTL_SERIN_BIN")}, keep: os.Getenv("KEEP") != "" && os.Getenv("KEEP") != "0"}
	root, err := os.Getwd()
	if err != nil {
		return s, err
	}
	for !isFile(filepath.Join(root, "deploy", "guard", "kustomization.yaml")) {
		if root == filepath.Dir(root) {
			return s, errors.New("no deploy/guard here or in any directory above: run it in the repository")
		}
		root = filepath.Dir(root)
	}
	s.guard = filepath.Join(root, "deploy", "guard")
	s.serin = cmp.Or(s.serin, filepath.Join(root, "bin", "serin"))
	s.view.plugin = cmp.Or(s.view.plugin, filepath.Join(root, "bin", "kubectl-serin"))
	for variable, file := range map[string]string{"SERIN_BIN": s.serin, "KUBECTL_SERIN_BIN": s.view.plugin} {
		if !isFile(file) {
			return s, fmt.Errorf("there is no %s: run 'make demo', which builds it, or set %s", file, variable)
		}
	}
	s.lab, err = lab.Binary()
	return s, err
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// perform raises the stage, plays, and clears up. An error means that something did not end as promised.
func perform(signals context.Context, out *paper, s settings) (err error) {
	began := time.Now()
	ctx, cancel := context.WithCancelCause(signals)
	defer cancel(nil)
	stage, err := newStage(s)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, stage.leave(out, s.keep && !wasInterrupted(err)))
	}()
	if err = play(ctx, cancel, out, stage); err == nil {
		out.say(green, "All three acts ended as promised, after %.0f seconds in all.", time.Since(began).Seconds())
		return nil
	}
	if signals.Err() != nil {
		return errInterrupted
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause // and not whichever request it cut short
	} else if wasInterrupted(err) {
		return err // in the view
	}
	stage.tell(out)
	return err
}

var errInterrupted = errors.New("interrupted")

func wasInterrupted(err error) bool { return errors.Is(err, errInterrupted) }

// play is the whole evening, from the empty stage to the proof.
func play(ctx context.Context, cancel context.CancelCauseFunc, out *paper, stage *stage) error {
	if err := stage.raise(ctx, out); err != nil {
		return err
	}
	cluster, err := connect(stage.kubeconfig)
	if err != nil {
		return err
	}
	if err := cluster.applyGuard(ctx, stage.guard); err != nil {
		return err
	}
	out.say(plain, "The guard is installed: the API server itself holds a changed template.")
	if err := stage.startSerin(cancel); err != nil {
		return err
	}
	out.say(plain, "The controller runs: bin/serin --leader-elect=false")
	view := stage.view
	view.kubeconfig, view.out = stage.kubeconfig, out
	written, err := playActs(ctx, out, cluster, view)
	if err != nil {
		return err
	}
	return prove(ctx, out, cluster, written)
}
