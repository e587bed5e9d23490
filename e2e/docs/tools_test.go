// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/serin-dev/serin/e2e/lab"
)

// collect puts what a reader has on the PATH into one directory. "make" is asked what it would do: that it does it is tested elsewhere.
func (w *world) collect() error {
	labBinary, err := lab.Binary()
	if err != nil {
		return err
	}
	if w.tools, err = os.MkdirTemp("", "docs-tools-"); err != nil {
		return fmt.Errorf("making a directory for tools: %w", err)
	}
	for name, script := range map[string]string{
		"kubectl": fmt.Sprintf("exec '%s' kubectl \"$@\"", labBinary),
		"make":    fmt.Sprintf("exec /usr/bin/env -i /usr/bin/make -C '%s' -n \"$@\" >/dev/null", w.repository),
	} {
		text := "#!/bin/sh\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(w.tools, name), []byte(text), 0o700); err != nil {
			return fmt.Errorf("writing the tool %s: %w", name, err)
		}
	}
	for _, tool := range []struct{ name, variable string }{{"kubectl-serin", "KUBECTL_SERIN_BIN"}, {"serin", "SERIN_BIN"}} {
		path := cmp.Or(os.Getenv(tool.variable), filepath.Join(w.repository, "bin", tool.name))
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("no %s: run 'make build' in the repository, or set %s", tool.name, tool.variable)
		}
		if err := w.link(tool.name, path); err != nil {
			return err
		}
	}
	helm, err := os.Getenv("HELM_BIN"), error(nil)
	if helm == "" {
		helm, err = w.helm()
	}
	if err != nil {
		return err
	}
	return w.link("helm", helm)
}

// helm is built from the chart's module, where Go has not done so before.
func (w *world) helm() (string, error) {
	cmd := exec.Command("go", "-C", filepath.Join(w.repository, "charts"), "tool", "-n", "helm")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("building helm: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func (w *world) link(name, path string) error {
	if err := os.Symlink(path, filepath.Join(w.tools, name)); err != nil {
		return fmt.Errorf("linking the tool %s: %w", name, err)
	}
	return nil
}
