// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
)

// Source is a checked-out commit.
type Source struct {
	Root    string    // folder of the checkout, absolute
	Version string    // such as v0.1.0
	Commit  string    // in full
	Time    time.Time // of whatever is made from it, in UTC and whole seconds
	Go      string    // the toolchain that go.mod names, such as go1.26.8
}

// Read looks at the checkout in the folder. The time is that of the commit, or SOURCE_DATE_EPOCH (seconds since 1970) where that
// is given.
func Read(ctx context.Context, root, version string) (Source, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return Source{}, fmt.Errorf("finding the checkout: %w", err)
	}
	s := Source{Root: root, Version: version}
	if s.Commit, err = git(ctx, root, "rev-parse", "--verify", "HEAD"); err != nil {
		return s, err
	}
	if s.Time, err = when(ctx, root); err != nil {
		return s, err
	}
	s.Go, err = toolchain(filepath.Join(root, "go.mod"))
	return s, err
}

func when(ctx context.Context, root string) (time.Time, error) {
	epoch, given := os.LookupEnv("SOURCE_DATE_EPOCH")
	if !given || epoch == "" {
		var err error
		if epoch, err = git(ctx, root, "log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, err
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the time %q of SOURCE_DATE_EPOCH: give whole seconds since 1970, such as 1767225600", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// toolchain is the one that go.mod names. There has to be one: another compiler makes other bytes.
func toolchain(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the toolchain: %w", err)
	}
	mod, err := modfile.Parse(file, content, nil)
	if err != nil {
		return "", fmt.Errorf("reading the toolchain: %w", err)
	}
	if mod.Toolchain == nil {
		return "", fmt.Errorf("reading the toolchain: %s names none; add a line such as 'toolchain go1.26.8'", file)
	}
	return mod.Toolchain.Name, nil
}

// git asks git about the checkout, and gives its answer without the last line's end.
func git(ctx context.Context, root string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("running git %s in %s: %w", strings.Join(args, " "), root, err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}
