// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/serin-dev/serin/pkg/manifest"
)

const shop = `# a comment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  annotations:
    serin.dev/canary: "true"
    serin.dev/hold: &hold 5m
spec:
  replicas: 4
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
      - name: shop
        image: shop:v1
`

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                    {"", nil},
		"comments only":              {"# nothing\n---\n# here\n", nil},
		"a Deployment":               {shop, nil},
		"a byte order mark":          {"\ufeff" + shop, nil},
		"a list, not an object":      {"- a\n- b\n", []string{"f.yaml:1: this is no Kubernetes object; write apiVersion, kind, metadata and spec"}},
		"no kind":                    {"---\napiVersion: v1\nmetadata: {name: a}\n", []string{"f.yaml:2: kind is missing"}},
		"no name":                    {"apiVersion: v1\nkind: Service\nmetadata: {}\n", []string{"f.yaml:1: metadata.name is missing"}},
		"broken, in the second part": {shop + "---\nkind: [\n", []string{"f.yaml:21: the YAML cannot be read: did not find expected node content"}},
		"a tab":                      {"kind: a\n\tb: c\n", []string{"f.yaml:2: the YAML cannot be read: found a tab character that violates indentation"}},
		"annotations without quotes": {strings.ReplaceAll(shop, `"true"`, "true"),
			[]string{`f.yaml:7: serin.dev/canary: the value is no string, and the API server refuses it; put it in quotes: serin.dev/canary: "true"`}},
		"everything at once": {"kind: a\n---\nkind: b\napiVersion: v1\n---\n- c\n",
			[]string{"f.yaml:1: apiVersion is missing", "f.yaml:3: metadata.name is missing", "f.yaml:6: this is no Kubernetes object; write apiVersion, kind, metadata and spec"}},
		"a Deployment of the wrong shape": {strings.ReplaceAll(shop, "replicas: 4", "replicas: four"),
			[]string{"f.yaml:10: Deployment shop: spec.replicas is a string, which it cannot be; write a value of type int32"}},
		"twice the same": {shop + "---\n" + shop,
			[]string{"f.yaml:22: Deployment web/shop is here for the second time, after f.yaml:2; only the first is read"}},
	} {
		t.Run(name, func(t *testing.T) {
			var set manifest.Set
			set.Add("f.yaml", []byte(c.text))
			set.Known("web")
			var got []string
			for _, p := range set.Problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	var set manifest.Set
	set.Add("f.yaml", []byte("---\n"+shop))
	o := set.Objects[0]
	for path, want := range map[string]int{
		"":                                      3,
		"metadata name":                         6,
		"metadata annotations serin.dev/hold":   9,
		"metadata annotations serin.dev/steps":  7,
		"spec template spec containers 0 image": 20,
		"spec template spec containers 7":       18,
		"spec strategy type":                    10,
	} {
		if got := o.Place(strings.Fields(path)...); got.Line != want || got.Column < 1 {
			t.Errorf("%s is at %v, want line %d", path, got, want)
		}
	}
}

func TestLists(t *testing.T) {
	var set manifest.Set
	set.Add("f.yaml", []byte("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: shop}\n- 7\n"))
	known := set.Known("web")
	if len(known) != 1 || known[0].Value.GetNamespace() != "web" || known[0].Place("metadata", "name").Line != 6 {
		t.Errorf("read %v", known)
	}
	if want := "f.yaml:3: item 1 of the List is no object"; len(set.Problems) != 1 || set.Problems[0].String() != want {
		t.Errorf("problems %v, want %q", set.Problems, want)
	}
}

func TestReadAll(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.yaml": shop, "sub/a.yml": "", "c.json": "{}", "readme.md": "[", ".hidden/x.yaml": "["} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set, err := manifest.ReadAll([]string{dir, manifest.Stdin, filepath.Join(dir, "none.yaml"), filepath.Join(dir, ".hidden"), t.TempDir()}, strings.NewReader(shop))
	if err == nil || !strings.Contains(err.Error(), "none.yaml: no such file or directory") || !strings.Contains(err.Error(), "no file in it ends in .yaml, .yml, .json") {
		t.Errorf("error %v", err)
	}
	var at []string
	for _, k := range set.Known("web") {
		at = append(at, filepath.Base(k.Place().File))
	}
	if want := []string{"b.yaml"}; !slices.Equal(at, want) { // the standard input has the same one
		t.Errorf("read %v, want %v", at, want)
	}
	if d, ok := set.Known("web")[0].Value.(*appsv1.Deployment); !ok || *d.Spec.Replicas != 4 {
		t.Errorf("read %v", d)
	}
}

// TestWithin: a line of a text has its own place where the text is written line by line.
func TestWithin(t *testing.T) {
	var set manifest.Set
	set.Add("a.yaml", []byte("kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata:\n  block: |\n    one\n    two\n  flow: \"one\\ntwo\"\n---\n"+
		"kind: ConfigMap\napiVersion: v1\nmetadata: {name: b, namespace: web}\ndata:\n  block: |-\n\n    two\n"))
	a, found := set.Find("ConfigMap", "shop", "a", "shop")
	b, also := set.Find("ConfigMap", "web", "b", "shop")
	if _, wrong := set.Find("ConfigMap", "web", "a", "shop"); !found || !also || wrong {
		t.Fatal("not found, or found elsewhere")
	}
	for what, c := range map[string]struct {
		got  manifest.Place
		want int
	}{
		"the second line of a block":        {a.Within(2, "data", "block"), 7},
		"a line of a text in one line":      {a.Within(2, "data", "flow"), 8},
		"no line":                           {a.Within(0, "data", "block"), 5},
		"a field that is not there":         {a.Within(1, "data", "none"), 4},
		"below an empty line, further down": {b.Within(2, "data", "block"), 16},
	} {
		if c.got.Line != c.want {
			t.Errorf("%s: line %d, want %d", what, c.got.Line, c.want)
		}
	}
}
