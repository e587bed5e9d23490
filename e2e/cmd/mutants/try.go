// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/serin-dev/serin/e2e/internal/images"
)

// sources are what the controller is built from.
var sources = []string{"cmd", "pkg", "deploy", "go.mod", "go.sum"}

// problems tells which edits do not fit the code any more.
func (m mutant) problems() (problems []string) {
	for _, e := range m.Edits {
		text, err := os.ReadFile(e.File)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", m.Name, err))
			continue
		}
		if n := bytes.Count(text, []byte(e.Replace)); n != 1 {
			problems = append(problems, fmt.Sprintf("%s: %q stands in %s %d times, and has to once: the code has changed, so change the fault", m.Name, e.Replace, e.File, n))
		}
	}
	return problems
}

// try builds the mutant and runs the journey. An error is why the fault does not count as caught.
func (m mutant) try(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := m.build(ctx, dir); err != nil {
		return err
	}
	out, err := m.journey(ctx, dir)
	if err == nil {
		return errors.New("NOT CAUGHT: the journey passed")
	}
	if !bytes.Contains(out, []byte(m.Says)) {
		file := filepath.Join(os.TempDir(), "mutant-"+m.Name+".log")
		if err := os.WriteFile(file, out, 0o600); err != nil {
			return err
		}
		return fmt.Errorf("NOT CAUGHT: the journey failed, but did not say %q (see %s)", m.Says, file)
	}
	return nil
}

// build makes the images, with the fault in the controller's.
func (m mutant) build(ctx context.Context, dir string) error {
	for _, source := range sources {
		if err := copyTree(source, filepath.Join(dir, source)); err != nil {
			return err
		}
	}
	for _, e := range m.Edits {
		file := filepath.Join(dir, e.File)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, bytes.Replace(text, []byte(e.Replace), []byte(e.With), 1), 0o600); err != nil {
			return err
		}
	}
	program := filepath.Join(dir, "serin")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/serin")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("NOT BUILT: %w: %s", err, out)
	}
	if err := copyTree("bin/images", filepath.Join(dir, "images")); err != nil {
		return err
	}
	return images.Serin(program).Write(filepath.Join(dir, "images", "serin.tar"))
}

func copyTree(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// journey runs the journey in a lab of its own.
func (m mutant) journey(ctx context.Context, dir string) ([]byte, error) {
	test := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout=15m", "-run", m.pattern(), "./journeys")
	test.Dir = "e2e"
	test.Env = append(os.Environ(), "LAB_IMAGES="+filepath.Join(dir, "images"), "SERIN_BIN="+filepath.Join(dir, "serin"), "PATIENCE=75s")
	test.Cancel = func() error { return test.Process.Signal(syscall.SIGINT) }
	return test.CombinedOutput()
}

// pattern anchors every part, so that TestA does not mean TestAB.
func (m mutant) pattern() string {
	parts := strings.Split(m.Journey, "/")
	for i, part := range parts {
		parts[i] = "^" + part + "$"
	}
	return strings.Join(parts, "/")
}
