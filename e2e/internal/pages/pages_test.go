// SPDX-License-Identifier: Apache-2.0

package pages_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/pages"
)

const document = "# A `title`, and more\n" +
	"\n" +
	"See [one](one.md#x)\nand ![two](images/two.svg).\n" +
	"\n" +
	"```sh\nls\n```\n" +
	"\n" +
	"## Again\n" +
	"\n" +
	"| a | b |\n|---|---|\n| c | [three](#again-1) |\n" +
	"\n" +
	"<!-- not run: needs a moon -->\n```console\n$ fly\n```\n" +
	"\n" +
	"## Again\n" +
	"\n" +
	"- in a list\n\n  <a id=\"here\"></a>\n  ```yaml\n  a: 1\n  ```\n" +
	"\n" +
	"`[no](link.md)`\n"

func read(t *testing.T) *pages.Page {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "page.md"), []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := pages.Read(root, "page.md")
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestBlocksHaveTheirLineLanguageExcuseAndHeading(t *testing.T) {
	want := []pages.Block{
		{Line: 7, Language: "sh", Text: "ls\n", Under: "a-title-and-more"},
		{Line: 18, Language: "console", Text: "$ fly\n", Excuse: "needs a moon", Under: "again"},
		{Line: 27, Language: "yaml", Text: "a: 1\n", Under: "again-1"},
	}
	if got := read(t).Blocks; !slices.Equal(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestLinksHaveTheirLineAlsoInTables(t *testing.T) {
	want := []pages.Link{{Line: 3, To: "one.md#x"}, {Line: 3, To: "images/two.svg"}, {Line: 14, To: "#again-1"}}
	if got := read(t).Links; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAnchorsAreThoseOfGitHub(t *testing.T) {
	want := []string{"a-title-and-more", "again", "again-1", "here"}
	if got := read(t).Anchors; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAllFindsDocumentsButNoneOfOthers(t *testing.T) {
	root := t.TempDir()
	for _, path := range []string{"README.md", "docs/a.md", "bin/b.md", "docs/testdata/c.md", "docs/d.txt"} {
		file := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := pages.All(root)
	if want := []string{"README.md", "docs/a.md"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}
