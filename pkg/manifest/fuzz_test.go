// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/serin-dev/serin/pkg/manifest"
)

// FuzzSet: whatever is in a file, it is read or complained of at a line that
// the file has.
func FuzzSet(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte("a: &a [*a]\n---\n<<: {b: c}\n"))
	f.Add([]byte("apiVersion: v1\nkind: List\nitems: &i\n- *i\n"))
	f.Add([]byte(`{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"a"},"spec":7}`))
	files, err := filepath.Glob("../traffic/testdata/*/before.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var set manifest.Set
		set.Add("f.yaml", text)
		for _, known := range set.Known("web") {
			if known.Value.GetName() == "" {
				t.Error("an object without a name was read")
			}
			place(t, known.Place("metadata", "name"))
			place(t, known.Place("spec", "http", "0"))
		}
		for _, problem := range set.Problems {
			place(t, problem.Place)
		}
	})
}

func place(t *testing.T, at manifest.Place) {
	t.Helper()
	if at.File == "" || at.Line < 1 || at.Column < 1 {
		t.Errorf("no place in a file: %+v", at)
	}
}
