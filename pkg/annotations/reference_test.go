// SPDX-License-Identifier: Apache-2.0

package annotations_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/serin-dev/serin/pkg/annotations"
)

var update = flag.Bool("update", false, "write the generated files anew")

func TestTheReferencePageIsCurrent(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "annotations.md")
	want := annotations.Reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is out of date; run: go test ./pkg/annotations -update", path)
	}
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
