// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/deploy/release/internal/manifest"
	"github.com/serin-dev/serin/deploy/release/internal/product"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

const (
	repository = "ghcr.io/serin-dev/serin"
	digest     = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

var of = source.Source{Version: "v9.8.7"}

// objects decodes what is in the text.
func objects(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var object map[string]any
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if object != nil {
			all = append(all, object)
		}
	}
}

func key(object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	kind, _ := object["kind"].(string)
	return kind + " " + name
}

func TestTheManifestsAreThoseOfDeployWithTheImageOfTheRelease(t *testing.T) {
	text, err := manifest.Install(of, "../../..", repository, digest)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]any{}
	for _, object := range objects(t, text) {
		got[key(object)] = object
	}
	for _, file := range []string{"namespace", "serviceaccount", "rbac", "guard/policy", "guard/notice",
		"fence/deployments", "fence/objects", "fence/mesh", "fence/template/template", "fence/template/vouch", "controller"} {
		content, err := os.ReadFile(filepath.Join("../../..", file+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if file == "controller" {
			content = bytes.ReplaceAll(content, []byte(repository+":v0.1.0"), []byte(repository+":v9.8.7@"+digest))
		}
		for _, want := range objects(t, content) {
			if diff := cmp.Diff(want, got[key(want)]); diff != "" {
				t.Errorf("%s differs: %s", key(want), diff)
			}
			delete(got, key(want))
		}
	}
	for more := range got {
		t.Errorf("%s is in the release, and not in the files above", more)
	}
}

// plugin is what krew reads, in its version v1alpha2.
type plugin struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		Version, Homepage, Description, Caveats string
		ShortDescription                        string `yaml:"shortDescription"`
		Platforms                               []struct {
			Selector struct {
				MatchLabels struct{ OS, Arch string } `yaml:"matchLabels"`
			}
			URI, Sha256, Bin string
		}
	}
}

func TestThePluginsManifestNamesEachArchive(t *testing.T) {
	var archives []manifest.Archive
	for i, p := range product.All() {
		if p.Name == product.Plugin {
			archives = append(archives, manifest.Archive{Program: p, Name: p.String() + ".tar.gz", Sum: strings.Repeat(string(rune('a'+i%6)), 64)})
		}
	}
	text, err := manifest.Krew(of, "../../../krew/serin.yaml.tmpl", archives)
	if err != nil {
		t.Fatal(err)
	}
	var filled plugin
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&filled); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if filled.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || filled.Kind != "Plugin" || filled.Metadata.Name != "serin" || filled.Spec.Version != "v9.8.7" {
		t.Errorf("it begins with %+v", filled)
	}
	var got, want []string
	for _, p := range filled.Spec.Platforms {
		got = append(got, strings.Join([]string{p.Selector.MatchLabels.OS, p.Selector.MatchLabels.Arch, p.URI, p.Sha256, p.Bin}, " "))
	}
	for _, a := range archives {
		want = append(want, strings.Join([]string{a.Platform.OS, a.Platform.Arch, "https://github.com/serin-dev/serin/releases/download/v9.8.7/" + a.Name, a.Sum, a.File()}, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	if _, err := manifest.Install(of, t.TempDir(), repository, digest); err == nil || !strings.Contains(err.Error(), "building the manifests") {
		t.Errorf("Install() = %v", err)
	}
	if _, err := manifest.Krew(of, "/nowhere", nil); err == nil || !strings.Contains(err.Error(), "reading the plugin's manifest") {
		t.Errorf("Krew() = %v", err)
	}
}
