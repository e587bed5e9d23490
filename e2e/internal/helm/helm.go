// SPDX-License-Identifier: Apache-2.0

// Package helm runs the real Helm, as the people do who install the chart. What it promises:
//
//   - Nothing of Helm's own files is outside of the directory that it is given.
//   - An error has all that Helm said.
package helm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Binary is $HELM_BIN, or bin/helm of the nearest directory above that has it.
func Binary() (string, error) {
	if path := os.Getenv("HELM_BIN"); path != "" {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "bin", "helm")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", errors.New("no bin/helm in any directory above: run 'make helm' in the repository, or set HELM_BIN")
}

// Release is a release of the chart, and where Helm finds it.
type Release struct {
	Name, Namespace, Kubeconfig string
	Dir                         string // of Helm's own files
	Chart                       string // its directory

	// Command makes a process; nil makes an ordinary one.
	Command func(ctx context.Context, name string, args ...string) *exec.Cmd
}

// Run is "helm VERB RELEASE", with the chart where the verb takes one, and returns what Helm says.
func (r Release) Run(ctx context.Context, verb string, args ...string) (string, error) {
	binary, err := Binary()
	if err != nil {
		return "", err
	}
	words := []string{verb, r.Name}
	if verb == "install" || verb == "upgrade" {
		words = append(words, r.Chart)
	}
	words = append(words, "--namespace", r.Namespace, "--kubeconfig", r.Kubeconfig)
	command := r.Command
	if command == nil {
		command = exec.CommandContext
	}
	cmd := command(ctx, binary, append(words, args...)...)
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+r.Dir, "HELM_CONFIG_HOME="+r.Dir, "HELM_DATA_HOME="+r.Dir)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return string(said), fmt.Errorf("helm %s %s: %w: %s", verb, r.Name, err, bytes.TrimSpace(said))
	}
	return string(said), nil
}
