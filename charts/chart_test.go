// SPDX-License-Identifier: Apache-2.0

package charts_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

const policyKind = "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy"

// A server is what Helm knows of an API server.
type server struct {
	version string
	apis    []string
}

var (
	current = server{"v1.36.0", []string{"v1", "apps/v1/Deployment", "admissionregistration.k8s.io/v1", policyKind}}
	older   = server{"v1.33.0", []string{"v1", "apps/v1/Deployment", "admissionregistration.k8s.io/v1"}}
)

// parse reads values as from a file.
func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// render returns the files that Helm makes of the templates, by base name.
func render(t *testing.T, s server, values string) (map[string]string, error) {
	t.Helper()
	chart, err := loader.Load("serin")
	if err != nil {
		t.Fatal(err)
	}
	version, err := common.ParseKubeVersion(s.version)
	if err != nil {
		t.Fatal(err)
	}
	capabilities := &common.Capabilities{KubeVersion: *version, APIVersions: s.apis}
	release := common.ReleaseOptions{Name: "serin", Namespace: "serin-system", Revision: 1, IsInstall: true}
	all, err := util.ToRenderValuesWithSchemaValidation(chart, parse(t, values), release, capabilities, false)
	if err != nil {
		return nil, err
	}
	rendered, err := engine.Engine{Strict: true}.RenderWithContext(t.Context(), chart, all)
	files := map[string]string{}
	for name, content := range rendered {
		if !strings.HasPrefix(path.Base(name), "_") && strings.TrimSpace(content) != "" {
			files[path.Base(name)] = content
		}
	}
	return files, err
}

// manifest is all that would be applied, in the order of the files' names.
func manifest(t *testing.T, s server, values string) string {
	t.Helper()
	files, err := render(t, s, values)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name != "NOTES.txt" {
			fmt.Fprintf(&b, "---\n# Source: %s\n%s\n", name, strings.Trim(files[name], "\n"))
		}
	}
	return b.String()
}

func objects(t *testing.T, manifest string) (all []*unstructured.Unstructured) {
	t.Helper()
	decoder := yaml.NewYAMLToJSONDecoder(bytes.NewReader([]byte(manifest)))
	for {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatalf("%v in\n%s", err, manifest)
		case len(object.Object) > 0: // a heading is an empty document
			all = append(all, object)
		}
	}
}

// deployed are the objects of files of deploy/.
func deployed(t *testing.T, files ...string) (all []*unstructured.Unstructured) {
	t.Helper()
	for _, file := range files {
		content, err := os.ReadFile(path.Join("..", "deploy", file))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, objects(t, string(content))...)
	}
	return all
}

// only keeps the objects of some kinds.
func only(all []*unstructured.Unstructured, kinds ...string) []*unstructured.Unstructured {
	return slices.DeleteFunc(slices.Clone(all), func(o *unstructured.Unstructured) bool { return !slices.Contains(kinds, o.GetKind()) })
}

// as decodes strictly: a misspelt field would be dropped by the API server in silence.
func as[T any](t *testing.T, object *unstructured.Unstructured) *T {
	t.Helper()
	into := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, into, true); err != nil {
		t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return into
}

// the decodes the one object of its kind.
func the[T any](t *testing.T, all []*unstructured.Unstructured, kind string) *T {
	t.Helper()
	found := only(all, kind)
	if len(found) != 1 {
		t.Fatalf("%d objects of kind %s, want one", len(found), kind)
	}
	return as[T](t, found[0])
}
