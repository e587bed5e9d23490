// SPDX-License-Identifier: Apache-2.0

package image_test

import (
	"archive/tar"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/serin-dev/serin/deploy/release/internal/image"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

var of = source.Source{Version: "v9.8.7", Commit: "abc", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

// index makes one of programs that are only files: nothing here runs them.
func index(t *testing.T, s source.Source, text string) v1.ImageIndex {
	t.Helper()
	programs := map[string]string{}
	for _, arch := range []string{"amd64", "arm64"} {
		programs[arch] = filepath.Join(t.TempDir(), "serin")
		if err := os.WriteFile(programs[arch], []byte(text+" for "+arch), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := image.Index(s, programs)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func digest(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	sum, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return sum.String()
}

func TestTheSameProgramsMakeTheSameDigest(t *testing.T) {
	first := digest(t, index(t, of, "one"))
	if second := digest(t, index(t, of, "one")); first != second {
		t.Errorf("%s, and then %s", first, second)
	}
	later := of
	later.Time = later.Time.Add(time.Second)
	for name, other := range map[string]v1.ImageIndex{"another program": index(t, of, "two"), "another time": index(t, later, "one")} {
		if digest(t, other) == first {
			t.Errorf("%s has the same digest", name)
		}
	}
}

// children are the images of the index, by platform.
func children(t *testing.T, i v1.ImageIndex) map[string]v1.Image {
	t.Helper()
	manifest, err := i.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]v1.Image{}
	for _, m := range manifest.Manifests {
		if all[m.Platform.String()], err = i.Image(m.Digest); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestEachPlatformHasItsOwnProgramAndNothingElse(t *testing.T) {
	all := children(t, index(t, of, "serin"))
	if len(all) != 2 {
		t.Fatalf("%d images", len(all))
	}
	for platform, child := range all {
		config, err := child.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if got := config.OS + "/" + config.Architecture; got != platform || !config.Created.Equal(of.Time) {
			t.Errorf("the image for %s says %s, made at %s", platform, got, config.Created)
		}
		layers, err := child.Layers()
		if err != nil || len(layers) != 1 {
			t.Fatalf("%d layers, %v", len(layers), err)
		}
		content, err := layers[0].Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		archive := tar.NewReader(content)
		header, err := archive.Next()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%s %o %d:%d %s: %s", header.Name, header.Mode, header.Uid, header.Gid, header.ModTime.UTC(), text)
		want := "serin 755 0:0 2026-01-02 03:04:05 +0000 UTC: serin for " + config.Architecture
		if _, err := archive.Next(); got != want || err != io.EOF {
			t.Errorf("%s has %q, want %q alone (%v)", platform, got, want, err)
		}
	}
}

func TestTheIndexIsWhatTheSpecificationSays(t *testing.T) {
	made := index(t, of, "serin")
	manifest, err := made.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if manifest.MediaType != types.OCIImageIndex || manifest.Annotations["org.opencontainers.image.created"] != "2026-01-02T03:04:05Z" {
		t.Errorf("it is %s with %v", manifest.MediaType, manifest.Annotations)
	}
	for platform, child := range children(t, made) {
		m, err := child.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		if m.MediaType != types.OCIManifestSchema1 || m.Config.MediaType != types.OCIConfigJSON || m.Layers[0].MediaType != types.OCILayer {
			t.Errorf("%s: %s of %s and %s", platform, m.MediaType, m.Config.MediaType, m.Layers[0].MediaType)
		}
	}
}

// A real registry gets what was written, by way of a packed layout.
func TestWhatIsPushedIsWhatWasPacked(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	t.Setenv("DOCKER_CONFIG", t.TempDir()) // nobody's credentials
	made := index(t, of, "serin")
	layout, archive := filepath.Join(t.TempDir(), "image"), filepath.Join(t.TempDir(), "image.tar")
	if err := image.Write(layout, made, of.Version); err != nil {
		t.Fatal(err)
	}
	if err := image.Pack(layout, archive, of.Time); err != nil {
		t.Fatal(err)
	}
	repository := strings.TrimPrefix(server.URL, "http://") + "/serin"
	for tag, from := range map[string]string{"folder": layout, "file": archive} {
		read, err := image.Read(from, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		pushed, err := image.Push(t.Context(), read, repository+":"+tag)
		if want := repository + "@" + digest(t, made); err != nil || pushed != want {
			t.Fatalf("pushed %s, %v; want %s", pushed, err, want)
		}
		reference, err := name.ParseReference(repository + ":" + tag)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := remote.Index(reference, remote.WithContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Index(stored); err != nil || digest(t, stored) != digest(t, made) {
			t.Errorf("the registry has %s, %v", digest(t, stored), err)
		}
	}
}

func TestTheSameLayoutIsTheSameFile(t *testing.T) {
	var packed [2][]byte
	for i := range packed {
		layout, archive := filepath.Join(t.TempDir(), "image"), filepath.Join(t.TempDir(), "image.tar")
		if err := image.Write(layout, index(t, of, "serin"), of.Version); err != nil {
			t.Fatal(err)
		}
		if err := image.Pack(layout, archive, of.Time); err != nil {
			t.Fatal(err)
		}
		var err error
		if packed[i], err = os.ReadFile(archive); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(packed[0], packed[1]); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoImageIsRefused(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no archive at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"/nowhere": "reading the image", text: "unpacking " + text, dir: "reading the image"} {
		if _, err := image.Read(file, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	if _, err := image.Push(t.Context(), index(t, of, "serin"), "no tag"); err == nil || !strings.Contains(err.Error(), "pushing the image") {
		t.Errorf("Push() = %v", err)
	}
	if _, err := image.Index(of, map[string]string{"amd64": "/nowhere"}); err == nil || !strings.Contains(err.Error(), "making the image for amd64") {
		t.Errorf("Index() = %v", err)
	}
}
