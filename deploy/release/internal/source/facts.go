// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
)

// Facts are what decides whether a source may become a release.
type Facts struct {
	Version   string
	Commit    string
	Tagged    string   // the commit that has the version as its tag; empty: none
	Changed   []string // files that differ from the commit, or that it does not know
	Changelog string   // the text of CHANGELOG.md
}

// Facts gathers them.
func (s Source) Facts(ctx context.Context) (Facts, error) {
	f := Facts{Version: s.Version, Commit: s.Commit}
	changed, err := git(ctx, s.Root, "status", "--porcelain")
	if err != nil {
		return f, err
	}
	for line := range strings.Lines(changed) {
		f.Changed = append(f.Changed, strings.TrimSpace(line))
	}
	// Asked for by its full name, a tag that is not there is an empty answer and no error.
	tags, err := git(ctx, s.Root, "for-each-ref", "--format=%(objectname) %(*objectname)", "refs/tags/"+s.Version)
	if err != nil {
		return f, err
	}
	if ids := strings.Fields(tags); len(ids) > 0 {
		f.Tagged = ids[len(ids)-1] // of an annotated tag the second is its commit
	}
	changelog, err := os.ReadFile(filepath.Join(s.Root, "CHANGELOG.md"))
	if err != nil {
		return f, fmt.Errorf("reading the changelog: %w", err)
	}
	f.Changelog = string(changelog)
	return f, nil
}

// Problems are all reasons why this cannot be released, in words that say what to do; nil: there is none.
func (f Facts) Problems() error {
	var problems []error
	if !canonical(f.Version) {
		problems = append(problems, fmt.Errorf("VERSION: %q is no version to release: write it as v0.1.0 or v0.1.0-rc.1", f.Version))
	} else if Notes(f.Changelog, f.Version) == "" {
		problems = append(problems, fmt.Errorf("CHANGELOG.md: no section %q, or nothing in it: give what is under [Unreleased] that heading, with the day, as in \"## [%s] - 2006-01-02\"",
			"## ["+bare(f.Version)+"]", bare(f.Version)))
	}
	if f.Tagged != "" && f.Tagged != f.Commit {
		problems = append(problems, fmt.Errorf("git: the tag %s is commit %.12s, and %.12s is checked out: check out the tag, or take another version", f.Version, f.Tagged, f.Commit))
	}
	if n := len(f.Changed); n > 0 {
		problems = append(problems, fmt.Errorf("git: %d files are not as committed, the first is %q: commit or remove them", n, f.Changed[0]))
	}
	return errors.Join(problems...)
}

// canonical says whether the version is one that a tag, an image and a chart can all have. What follows a plus sign cannot be in
// the tag of an image.
func canonical(version string) bool { return version != "" && semver.Canonical(version) == version }

// bare is the version as changelogs and charts write it.
func bare(version string) string { return strings.TrimPrefix(version, "v") }

// Notes is the text of the version's section in the changelog, without its heading; empty: there is none.
func Notes(changelog, version string) string {
	heading := regexp.MustCompile(`(?m)^## \[` + regexp.QuoteMeta(bare(version)) + `\] - \d{4}-\d{2}-\d{2}$`)
	found := heading.FindStringIndex(changelog)
	if found == nil {
		return ""
	}
	text := changelog[found[1]:]
	if next := regexp.MustCompile(`(?m)^(## |\[[^\]]+\]: )`).FindStringIndex(text); next != nil {
		text = text[:next[0]]
	}
	return strings.TrimSpace(text)
}
