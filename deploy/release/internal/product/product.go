// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// Platform is what a program runs on, in Go's words.
type Platform struct{ OS, Arch string }

// String is how names of files say it: linux_amd64.
func (p Platform) String() string { return p.OS + "_" + p.Arch }

// Program is one program for one platform.
type Program struct {
	Name     string // of the folder in cmd/, and of the program
	Platform Platform
}

// The programs of the product.
const (
	Controller = "serin"
	Plugin     = "kubectl-serin"
)

// All are the programs of a release: the controller for the machines of clusters, the plugin for those of people.
func All() []Program {
	programs := Images()
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, arch := range architectures {
			programs = append(programs, Program{Plugin, Platform{system, arch}})
		}
	}
	return programs
}

// Images are the programs that become images.
func Images() []Program {
	var programs []Program
	for _, arch := range architectures {
		programs = append(programs, Program{Controller, Platform{"linux", arch}})
	}
	return programs
}

var architectures = []string{"amd64", "arm64"}

// String is the name without an ending: kubectl-serin_linux_amd64.
func (p Program) String() string { return p.Name + "_" + p.Platform.String() }

// File is the name that the program has where it is installed.
func (p Program) File() string {
	if p.Platform.OS == "windows" {
		return p.Name + ".exe"
	}
	return p.Name
}

// Flags are those of go build, the version and the commit included.
func Flags(version, commit string) []string {
	return []string{"-trimpath", "-buildvcs=false", "-ldflags", fmt.Sprintf("-s -w -X main.version=%s -X main.commit=%s", version, commit)}
}

// Build compiles the program into the folder, and gives its file.
func Build(ctx context.Context, s source.Source, p Program, folder string) (string, error) {
	file := filepath.Join(folder, p.String(), p.File())
	command := exec.CommandContext(ctx, "go", slices.Concat([]string{"build"}, Flags(s.Version, s.Commit), []string{"-o", file, "./cmd/" + p.Name})...)
	command.Dir, command.Env = s.Root, environment(os.Environ(), s.Go, p.Platform)
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", p, err, out)
	}
	return file, nil
}

// chosen are the variables that change what is built. They are set or taken out, whatever the user has.
var chosen = []string{"CGO_ENABLED", "GOAMD64", "GOARCH", "GOARM64", "GODEBUG", "GOEXPERIMENT", "GOFIPS140", "GOFLAGS", "GOOS", "GOTOOLCHAIN", "GOWORK"}

// environment is the given one with the variables that change what is built as a release has them.
func environment(given []string, toolchain string, p Platform) []string {
	kept := slices.DeleteFunc(slices.Clone(given), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(chosen, name)
	})
	return append(kept, "CGO_ENABLED=0", "GOOS="+p.OS, "GOARCH="+p.Arch, "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off", "GOTOOLCHAIN="+toolchain)
}
