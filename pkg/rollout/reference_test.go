// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/golden"

	"github.com/serin-dev/serin/pkg/rollout"
)

func TestTheReferencePageIsCurrent(t *testing.T) {
	for name, want := range map[string]string{"reasons.md": rollout.Reference(), "troubleshooting.md": rollout.Troubleshooting()} {
		golden.Assert(t, want, "../../../docs/"+name, "run: make generate")
	}
}

func TestEveryReasonIsInTroubleshooting(t *testing.T) {
	page := rollout.Troubleshooting()
	for reason := range documented {
		headings, rows := strings.Count(page, "\n### "+string(reason)+"\n"), strings.Count(page, "\n| `"+string(reason)+"` | ")
		if headings+rows != 1 {
			t.Errorf("%s has %d headings and %d rows", reason, headings, rows)
		}
	}
	for heading := range strings.Lines(page) {
		if reason, is := strings.CutPrefix(strings.TrimSpace(heading), "### "); is && documented[rollout.Reason(reason)] == 0 {
			t.Errorf("%s is no reason", reason)
		}
	}
}

func TestEveryRemedySaysWhatToType(t *testing.T) {
	for _, section := range strings.Split(rollout.Troubleshooting(), "\n### ")[1:] {
		reason, text, _ := strings.Cut(section, "\n")
		if !strings.Contains(text, "```sh\nkubectl ") {
			t.Errorf("%s: there is no command", reason)
		}
	}
}

var line = regexp.MustCompile("^\\| (?:\\d+ \\| )?`([A-Za-z]+)` \\| ([^|]*) \\| ([^|]*) \\|$")

// documented are the reasons that the reference page has, each with the number of its lines.
var documented = func() map[rollout.Reason]int {
	found := map[rollout.Reason]int{}
	for text := range strings.Lines(rollout.Reference()) {
		if match := line.FindStringSubmatch(strings.TrimSpace(text)); match != nil {
			found[rollout.Reason(match[1])]++
		}
	}
	return found
}()

func TestEveryReasonIsExplainedInASentence(t *testing.T) {
	camel := regexp.MustCompile(`^([A-Z][a-z]+)+$`)
	for text := range strings.Lines(rollout.Reference()) {
		match := line.FindStringSubmatch(strings.TrimSpace(text))
		if match == nil {
			continue
		}
		if !camel.MatchString(match[1]) {
			t.Errorf("%s is not CamelCase", match[1])
		}
		for _, words := range match[2:] {
			if len(words) < len("Wait.") || !strings.HasSuffix(words, ".") || words[0] < 'A' || words[0] > 'Z' {
				t.Errorf("%s: %q is not a sentence", match[1], words)
			}
		}
	}
	lines := 0
	for i := range rollout.RuleCount() {
		if documented[rollout.RuleReason(i)] == 0 {
			t.Errorf("rule %s lacks a sentence", rollout.RuleReason(i))
		}
	}
	for _, n := range documented {
		lines += n
	}
	if constants := reasonConstants(t); lines != rollout.RuleCount()+len(constants) {
		t.Errorf("%d lines for %d rules and %d other reasons", lines, rollout.RuleCount(), len(constants))
	}
}

func TestEveryReasonConstantIsExplained(t *testing.T) {
	for _, reason := range reasonConstants(t) {
		if documented[reason] != 1 {
			t.Errorf("%s is explained %d times", reason, documented[reason])
		}
	}
}

// reasonConstants are the constants of reasons.go.
func reasonConstants(t *testing.T) []rollout.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []rollout.Reason
	ast.Inspect(file, func(node ast.Node) bool {
		spec, is := node.(*ast.ValueSpec)
		if !is {
			return true
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, rollout.Reason(text))
		}
		return true
	})
	if len(found) < 10 {
		t.Fatalf("only %d constants found", len(found))
	}
	return found
}
