// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"slices"
	"strings"
	"testing"
)

// untried are pages of which nothing is run, and why. Their links are looked at all the same.
var untried = map[string]string{
	"e2e/README.md":  "it tells how the lab is built, which this test needs, and of a node that takes root",
	"docs/alerts.md": "its commands stand for what an alert names: NAME and NAMESPACE are to be filled in",
	"docs/cli.md":    "it is the help of the commands, with an example of each that needs a state of its own; e2e/integration runs them",
}

// excuse leaves out the lines of a page that have the fragment. It is for pages that are written by a program; on others a comment above
// the block says why.
type excuse struct{ page, fragment, reason string }

var excuses = []excuse{
	{"docs/troubleshooting.md", "kubectl logs", "no container runs on a fake node, so it has no log"},
}

// mostExcused is how many blocks of all pages may say that they are not run.
const mostExcused = 20

// withoutExcused is the text without the lines that the table excuses. The lines stay, empty, so that numbers stay true.
func withoutExcused(path, text string) string {
	all := strings.Split(text, "\n")
	for i, line := range all {
		if slices.ContainsFunc(excuses, func(e excuse) bool { return e.page == path && strings.Contains(line, e.fragment) }) {
			all[i] = ""
		}
	}
	return strings.Join(all, "\n")
}

func TestFewBlocksAreExcused(t *testing.T) {
	excused, texts := 0, map[string]string{}
	for _, path := range documents(t) {
		for _, b := range open(t, path).Blocks {
			texts[path] += b.Text
			if b.Excuse == "" {
				continue
			}
			excused++
			t.Logf("%s:%d is not run: %s", path, b.Line, b.Excuse)
			if len(strings.Fields(b.Excuse)) < 2 {
				t.Errorf("%s:%d says %q, which is no reason", path, b.Line, b.Excuse)
			}
		}
	}
	if excused > mostExcused {
		t.Errorf("%d blocks are not run; find a way to run some, or raise the bound of %d", excused, mostExcused)
	}
	for _, e := range excuses {
		if !strings.Contains(texts[e.page], e.fragment) {
			t.Errorf("%s has no %q any more; take the excuse away", e.page, e.fragment)
		}
	}
	for path := range untried {
		if texts[path] == "" {
			t.Errorf("%s has no blocks; it needs no excuse", path)
		}
	}
}
