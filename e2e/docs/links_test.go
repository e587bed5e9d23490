// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/pages"
)

// ours are addresses of the repository itself, as texts need them that are read elsewhere.
var ours = []string{"https://github.com/serin-dev/serin/blob/main/", "https://github.com/serin-dev/serin/tree/main/"}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	all := map[string]*pages.Page{}
	for _, path := range documents(t) {
		all[path] = open(t, path)
	}
	links := 0
	for _, page := range all {
		for _, link := range page.Links {
			links++
			if problem := follow(all, page, link.To); problem != "" {
				t.Errorf("%s:%d: the link %s %s", page.Path, link.Line, link.To, problem)
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links were found", links)
	}
}

// follow says what is wrong with a link from the page.
func follow(all map[string]*pages.Page, from *pages.Page, to string) string {
	base := path.Dir(from.Path)
	for _, prefix := range ours {
		if rest, is := strings.CutPrefix(to, prefix); is {
			base, to = ".", rest
		}
	}
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return "cannot be read: " + err.Error()
	case u.Scheme != "":
		return "" // somebody else's; no test leaves this machine
	case strings.HasPrefix(u.Path, "/"):
		return "is absolute; write it relative to the page"
	}
	target := from.Path
	if u.Path != "" {
		target = path.Join(base, u.Path)
	}
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
		return "leads to " + target + ", which does not exist"
	}
	if u.Fragment == "" {
		return ""
	}
	if page := all[target]; page == nil || !slices.Contains(page.Anchors, u.Fragment) {
		return "names a heading that " + target + " does not have"
	}
	return ""
}

// open reads a page of the repository.
func open(t *testing.T, path string) *pages.Page {
	t.Helper()
	page, err := pages.Read(root, path)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// documents are the paths of all pages.
func documents(t *testing.T) []string {
	t.Helper()
	all, err := pages.All(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d documents were found", len(all))
	}
	return all
}
