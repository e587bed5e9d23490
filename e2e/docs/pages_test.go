// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/pages"
)

// installers are pages that install Serin and take it away. They are read one after the other, before all others.
var installers = []string{
	"README.md", "charts/serin/README.md", "docs/getting-started.md", "docs/install.md", "docs/operations.md",
}

// languages are those that are tried, and those that are only shown.
var languages = []string{"sh", "console", "yaml", "promql", "json", "", "text", "mermaid", "go"}

func TestEveryPageDoesWhatItShows(t *testing.T) {
	for _, path := range documents(t) {
		page := open(t, path)
		if !slices.ContainsFunc(page.Blocks, isTried) {
			continue
		}
		t.Run(path, func(t *testing.T) {
			if reason := untried[path]; reason != "" {
				t.Logf("%s is not tried: %s", path, reason)
				return
			}
			if !slices.Contains(installers, path) {
				t.Parallel()
			}
			shared.take(t).sit(t, page).read()
		})
	}
}

// isTried reports whether anything is done with the block.
func isTried(b pages.Block) bool { return !slices.Contains(languages[5:], b.Language) }

// read goes through the page.
func (r *reader) read() {
	r.Helper()
	seen := map[string]bool{}
	for _, b := range r.page.Blocks {
		if !seen[b.Under] {
			seen[b.Under] = true
			r.prepare(b.Under)
		}
		r.try(r.page.Path, b)
	}
}

func (r *reader) try(path string, b pages.Block) {
	r.Helper()
	if b.Excuse != "" {
		r.Logf("%s:%d is not run: %s", path, b.Line, b.Excuse)
		return
	}
	b.Text = withoutExcused(path, b.Text)
	switch b.Language {
	case "sh":
		r.run(b)
	case "console":
		r.play(b)
	case "yaml":
		r.yaml(b)
	case "promql":
		r.promql(b)
	case "json":
		if !json.Valid([]byte(b.Text)) {
			r.tell(b, 0, "this is not JSON")
		}
	default:
		if !slices.Contains(languages, b.Language) {
			r.tell(b, -1, "blocks are %s, and not %q", strings.Join(languages, ", "), b.Language)
		}
	}
}

func TestWhatComesBeforeABlockBelongsToAHeading(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.sh"))
	deeper, err2 := filepath.Glob(filepath.Join("testdata", "*", "*", "*.sh"))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, file := range append(files, deeper...) {
		below, err := filepath.Rel("testdata", file)
		if err != nil {
			t.Fatal(err)
		}
		page := open(t, filepath.ToSlash(filepath.Dir(below))+".md")
		if anchor := strings.TrimSuffix(filepath.Base(file), ".sh"); !slices.Contains(page.Anchors, anchor) {
			t.Errorf("%s is for a heading that %s does not have", file, page.Path)
		}
	}
}
