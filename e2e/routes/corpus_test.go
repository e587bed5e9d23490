// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const corpusDir = "../../pkg/traffic/testdata"

// A weight of the corpus, in thousandths, and its golden file.
type stage struct {
	name     string
	file     string
	permille int
}

var stages = []stage{
	{"at 0 %", "at-0.yaml", 0},
	{"at 5 %", "at-50.yaml", 50},
	{"at 33.3 %", "at-333.yaml", 333},
	{"at 100 %", "at-1000.yaml", 1000},
}

// testCase is one of the corpus, in namespaces of its own so that all can be there at once.
type testCase struct {
	name     string
	objects  []*unstructured.Unstructured // of before.yaml, and the common Services that it does not replace
	written  map[string][]*unstructured.Unstructured
	restored []*unstructured.Unstructured
	clients  []client
}

// names are those of the corpus that have to differ from case to case: namespaces, a gateway's label, and a public domain.
var names = regexp.MustCompile(`\b(web|teams|outlet|istio-ingress|edge)\b|\bexample\.com\b`)

func readCorpus(t *testing.T) []*testCase {
	t.Helper()
	files, err := filepath.Glob(corpusDir + "/*/before.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var cases []*testCase
	for _, file := range files {
		dir := filepath.Dir(file)
		c := &testCase{name: filepath.Base(dir), written: map[string][]*unstructured.Unstructured{}}
		c.objects = c.read(t, file)
		for _, service := range c.read(t, corpusDir+"/services.yaml") {
			if !slices.ContainsFunc(c.objects, func(o *unstructured.Unstructured) bool { return keyOf(o) == keyOf(service) }) {
				c.objects = append(c.objects, service)
			}
		}
		for _, s := range stages {
			c.written[s.name] = c.read(t, filepath.Join(dir, s.file))
		}
		c.restored = c.read(t, filepath.Join(dir, "restored.yaml"))
		c.clients = c.proxies(t, file)
		cases = append(cases, c)
	}
	return cases
}

// read is a file's objects in the namespaces of the case.
func (c *testCase) read(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []*unstructured.Unstructured
	for document := range strings.SplitSeq(string(text), "---\n") {
		raw, err := yaml.YAMLToJSON([]byte(c.own(document)))
		if err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		if string(raw) == "null" {
			continue // nothing is left to restore
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(raw); err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		unstructured.RemoveNestedField(object.Object, "spec", "clusterIP") // the API server gives one
		list = append(list, object)
	}
	return list
}

// own gives names the form that they have in the case.
func (c *testCase) own(text string) string {
	return names.ReplaceAllStringFunc(text, func(name string) string {
		if name == "example.com" {
			return c.name + "." + name
		}
		return name + "-" + c.name
	})
}

// plain takes that back.
func (c *testCase) plain(text string) string {
	return strings.NewReplacer("-"+c.name, "", c.name+".example.com", "example.com").Replace(text)
}

// host is the full name of the Service of the case.
func (c *testCase) host() string { return "shop.web-" + c.name + ".svc.cluster.local" }

// isHost reports whether a destination's host means the Service, in any way of writing it.
func (c *testCase) isHost(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	return name == c.host() || name == strings.TrimSuffix(c.host(), ".cluster.local") || name == strings.TrimSuffix(c.host(), ".svc.cluster.local")
}

// mentions reports whether something of the generated configuration is about the case.
func (c *testCase) mentions(text string) bool {
	return slices.ContainsFunc([]string{"web", "teams", "outlet", "istio-ingress"}, func(namespace string) bool {
		return strings.Contains(text, "."+namespace+"-"+c.name+".svc")
	}) || strings.Contains(text, "."+c.name+".example.com")
}

// proxies are those who may see something of the case: a sidecar in each namespace that it names, and its gateway.
func (c *testCase) proxies(t *testing.T, file string) []client {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := []client{{kind: "sidecar", namespace: "web-" + c.name}}
	for _, namespace := range []string{"teams", "outlet", "istio-ingress"} {
		if strings.Contains(string(text), namespace) {
			found = append(found, client{kind: "sidecar", namespace: namespace + "-" + c.name})
		}
	}
	if strings.Contains(string(text), "kind: Gateway") {
		found = append(found, client{kind: "router", namespace: "istio-ingress-" + c.name, labels: map[string]string{"istio": "edge-" + c.name}})
	}
	return found
}

func keyOf(object *unstructured.Unstructured) string {
	return object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
}
