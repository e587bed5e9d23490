// SPDX-License-Identifier: Apache-2.0

package lint_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/serin-dev/serin/pkg/lint"
	"github.com/serin-dev/serin/pkg/manifest"
)

// shop is a Deployment behind the Service of package traffic's corpus.
const shop = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: web
  annotations:
    serin.dev/canary: "true"
    serin.dev/service: shop
    serin.dev/traffic: istio
%sspec:
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
      - {name: shop, image: shop}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: web}
spec:
  selector: {app: shop}
  ports: [{name: http, port: 80}]
`

func check(t *testing.T, set manifest.Set) []lint.Finding {
	t.Helper()
	found, err := lint.Check(t.Context(), &set, "web")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestCorpus: what package traffic says of each case is found, as an error
// where it blocks, and at a line of the file that it is about.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../traffic/testdata/*/before.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte("kind: Service\n")) {
				t.Skip("it has Services of its own")
			}
			var set manifest.Set
			set.Add("shop.yaml", fmt.Appendf(nil, shop, ""))
			set.Add(file, text)
			lines := map[string]int{"shop.yaml": strings.Count(shop, "\n"), file: bytes.Count(text, []byte("\n")) + 1}
			for _, f := range check(t, set) {
				if f.Place.Line < 1 || f.Place.Line > lines[f.Place.File] {
					t.Errorf("%s is at no line of the file", f)
				}
				if about := strings.HasPrefix(f.Message, "VirtualService "); about && f.Place.File != file {
					t.Errorf("%s is in another file than its VirtualService", f)
				}
			}
		})
	}
}

func TestNothingIsWrong(t *testing.T) {
	var set manifest.Set
	set.Add("shop.yaml", fmt.Appendf(nil, shop, ""))
	if found := check(t, set); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

// TestAllAtOnce: one mistake hides no other.
func TestAllAtOnce(t *testing.T) {
	var set manifest.Set
	set.Add("a.yaml", []byte("kind: [\n"))
	set.Add("shop.yaml", fmt.Appendf(nil, shop, "    serin.dev/hold: soon\n    serin.dev/step: \"5\"\n    serin.dev/abort: true\n"))
	var rules []string
	for _, f := range check(t, set) {
		rules = append(rules, fmt.Sprintf("%s:%d %s", f.Place, f.Place.Column, f.Rule))
	}
	want := []string{"a.yaml:1:1 Unreadable", "shop.yaml:10:5 InvalidAnnotations", "shop.yaml:11:5 InvalidAnnotations", "shop.yaml:12:5 CommandInManifest", "shop.yaml:12:5 NotQuoted"}
	if !slices.Equal(rules, want) {
		t.Errorf("found %q, want %q", rules, want)
	}
}

func TestSARIFOfNothing(t *testing.T) {
	var out bytes.Buffer
	if err := lint.SARIF(&out, nil, ""); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"results": []`, `"rules": []`, `"version": "2.1.0"`} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%s is missing in %s", part, out.String())
		}
	}
}
