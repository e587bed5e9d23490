// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/serin-dev/serin/deploy/release/internal/product"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

func TestAReleaseHasTheseProgramsForThesePlatforms(t *testing.T) {
	var got []string
	for _, p := range product.All() {
		got = append(got, p.String()+" "+p.File())
	}
	want := []string{
		"serin_linux_amd64 serin", "serin_linux_arm64 serin",
		"kubectl-serin_linux_amd64 kubectl-serin", "kubectl-serin_linux_arm64 kubectl-serin",
		"kubectl-serin_darwin_amd64 kubectl-serin", "kubectl-serin_darwin_arm64 kubectl-serin",
		"kubectl-serin_windows_amd64 kubectl-serin.exe", "kubectl-serin_windows_arm64 kubectl-serin.exe",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// The Dockerfile builds the program that a release builds: with its compiler, and by the same flags.
func TestTheDockerfileBuildsTheSameProgram(t *testing.T) {
	s, err := source.Read(t.Context(), "../../../..", "$VERSION")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile("../../../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	flags := product.Flags(s.Version, "$COMMIT")
	flags[len(flags)-1] = `"` + flags[len(flags)-1] + `"`
	for _, want := range []string{
		"FROM --platform=$BUILDPLATFORM golang:" + strings.TrimPrefix(s.Go, "go") + " AS build\n",
		"CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \\\n",
		"go build " + strings.Join(flags, " ") + " -o /out/serin ./cmd/serin\n",
	} {
		if !strings.Contains(string(content), want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}
}

func TestAProgramThatDoesNotBuildIsNamedWithTheReason(t *testing.T) {
	s := source.Source{Root: "../../../..", Go: "local"}
	_, err := product.Build(t.Context(), s, product.Program{Name: "nowhere", Platform: product.Platform{OS: "linux", Arch: "amd64"}}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "building nowhere_linux_amd64") || !strings.Contains(err.Error(), "cmd/nowhere") {
		t.Errorf("Build() = %v", err)
	}
}
