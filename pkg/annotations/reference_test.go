// SPDX-License-Identifier: Apache-2.0

package annotations_test

import (
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/golden"

	"github.com/serin-dev/serin/pkg/annotations"
)

func TestTheReferencePageIsCurrent(t *testing.T) {
	golden.Assert(t, annotations.Reference(), "../../../docs/annotations.md", "run: make generate")
}

func TestEveryKeyIsDescribedAndItsExampleWorks(t *testing.T) {
	for _, key := range annotations.Keys {
		if !strings.HasPrefix(key.Name, annotations.Prefix) || !strings.HasSuffix(key.Meaning, ".") || strings.Contains(key.Meaning, "|") {
			t.Errorf("%s: the table cannot show it", key.Name)
		}
		for _, value := range []string{key.Default, key.Example} {
			if _, problems := annotations.Read(map[string]string{key.Name: value}); len(problems) > 0 {
				t.Errorf("%s: %q: %v", key.Name, value, problems)
			}
		}
	}
}

func TestEveryExampleOnTheReferencePageWorks(t *testing.T) {
	lines := regexp.MustCompile(`(?m)^\s*(serin\.dev/[a-z-]+): "([^"]*)"$`).FindAllStringSubmatch(annotations.Reference(), -1)
	lines = append(lines, regexp.MustCompile(`(?m)^kubectl annotate deployment shop --overwrite (\S+)=(\S+)`).FindAllStringSubmatch(annotations.Reference(), -1)...)
	if len(lines) < 12 {
		t.Fatalf("only %d examples found", len(lines))
	}
	for _, line := range lines {
		if _, problems := annotations.Read(map[string]string{line[1]: line[2]}); len(problems) > 0 {
			t.Errorf("%v", problems)
		}
	}
}
