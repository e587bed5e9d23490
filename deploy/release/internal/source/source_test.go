// SPDX-License-Identifier: Apache-2.0

package source_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/deploy/release/internal/source"
)

const changelog = `# Changelog

## [Unreleased]

## [0.2.0-rc.1] - 2026-02-03

### Added

- A second thing.

## [0.1.0] - 2026-01-02

The first.

## [0.0.9] - 2026-01-01

[0.1.0]: https://example.com/
`

func good() source.Facts {
	return source.Facts{Version: "v0.1.0", Commit: strings.Repeat("a", 40), Tagged: strings.Repeat("a", 40), Changelog: changelog}
}

func TestAWholeSourceHasNoProblems(t *testing.T) {
	for _, version := range []string{"v0.1.0", "v0.2.0-rc.1"} {
		facts := good()
		facts.Version = version
		if err := facts.Problems(); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
	untagged := good()
	untagged.Tagged = ""
	if err := untagged.Problems(); err != nil {
		t.Errorf("before the tag is set: %v", err)
	}
}

func TestEachProblemIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*source.Facts)
		want   string
	}{
		"no version":                   {func(f *source.Facts) { f.Version = "" }, `VERSION: "" is no version to release`},
		"a version without its v":      {func(f *source.Facts) { f.Version = "0.1.0" }, `VERSION: "0.1.0"`},
		"a version of two numbers":     {func(f *source.Facts) { f.Version = "v0.1" }, `VERSION: "v0.1"`},
		"a version that no image has":  {func(f *source.Facts) { f.Version = "v0.1.0+one" }, `VERSION: "v0.1.0+one"`},
		"git's description":            {func(f *source.Facts) { f.Version = "7129f12-dirty" }, `VERSION: "7129f12-dirty"`},
		"a version nobody wrote about": {func(f *source.Facts) { f.Version = "v0.3.0" }, `no section "## [0.3.0]"`},
		"a section without a word":     {func(f *source.Facts) { f.Version = "v0.0.9" }, `no section "## [0.0.9]"`},
		"a tag elsewhere":              {func(f *source.Facts) { f.Tagged = strings.Repeat("b", 40) }, "the tag v0.1.0 is commit bbbbbbbbbbbb, and aaaaaaaaaaaa is checked out"},
		"a changed file":               {func(f *source.Facts) { f.Changed = []string{"M go.mod", "?? x"} }, `2 files are not as committed, the first is "M go.mod"`},
	} {
		t.Run(name, func(t *testing.T) {
			facts := good()
			c.change(&facts)
			if err := facts.Problems(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Problems() = %v, want %q", err, c.want)
			}
		})
	}
}

func TestAllProblemsAreNamedAtOnce(t *testing.T) {
	err := source.Facts{Version: "1", Commit: "a", Tagged: "b", Changed: []string{"?? x"}}.Problems()
	if n := strings.Count(err.Error(), "\n") + 1; n != 3 {
		t.Errorf("%d problems: %v", n, err)
	}
}

func TestNotesAreTheVersionsOwn(t *testing.T) {
	for version, want := range map[string]string{"v0.1.0": "The first.", "v0.2.0-rc.1": "### Added\n\n- A second thing.", "v0.0.9": "", "v9.9.9": ""} {
		if got := source.Notes(changelog, version); got != want {
			t.Errorf("the notes of %s are %q, want %q", version, got, want)
		}
	}
}

// checkout makes a repository with one commit, and gives a way to run git in it.
func checkout(t *testing.T) (string, func(args ...string) string) {
	t.Helper()
	root := t.TempDir()
	run := func(args ...string) string {
		command := exec.CommandContext(t.Context(), "git", args...)
		command.Dir = root
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
			"GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	write(t, root, "go.mod", "module example.com/x\n\ngo 1.26.0\n\ntoolchain go1.26.8\n")
	write(t, root, "CHANGELOG.md", changelog)
	run("init", "--quiet")
	run("add", ".")
	run("commit", "--quiet", "-m", "one")
	return root, run
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFactsAreReadFromARealCheckout(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "")
	root, git := checkout(t)
	git("tag", "-a", "v0.1.0", "-m", "annotated")
	s, err := source.Read(t.Context(), root, "v0.1.0")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC); !s.Time.Equal(want) || s.Commit != git("rev-parse", "HEAD") || s.Go != "go1.26.8" {
		t.Errorf("read %+v", s)
	}
	facts, err := s.Facts(t.Context())
	if err != nil || facts.Tagged != s.Commit || facts.Problems() != nil {
		t.Fatalf("%+v, %v: %v", facts, err, facts.Problems())
	}
	write(t, root, "new.txt", "")
	if facts, err = s.Facts(t.Context()); err != nil || len(facts.Changed) != 1 || facts.Problems() == nil {
		t.Errorf("with a new file: %+v, %v", facts, err)
	}
}

func TestSourceDateEpochIsTheTime(t *testing.T) {
	root, _ := checkout(t)
	t.Setenv("SOURCE_DATE_EPOCH", "1767225600")
	if s, err := source.Read(t.Context(), root, ""); err != nil || !s.Time.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("read %v, %v", s.Time, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if _, err := source.Read(t.Context(), root, ""); err == nil || !strings.Contains(err.Error(), "whole seconds since 1970") {
		t.Errorf("yesterday is taken: %v", err)
	}
}

func TestACompilerHasToBeNamed(t *testing.T) {
	root, _ := checkout(t)
	write(t, root, "go.mod", "module example.com/x\n\ngo 1.26.0\n")
	if _, err := source.Read(t.Context(), root, ""); err == nil || !strings.Contains(err.Error(), "add a line such as 'toolchain go1.26.8'") {
		t.Errorf("without a toolchain: %v", err)
	}
}
