// SPDX-License-Identifier: Apache-2.0

package dist_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	spdxjson "github.com/spdx/tools-golang/json"

	"github.com/serin-dev/serin/deploy/release/internal/dist"
	"github.com/serin-dev/serin/deploy/release/internal/image"
	"github.com/serin-dev/serin/deploy/release/internal/product"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

const root = "../../../.."

var linux = product.Platform{OS: "linux", Arch: "amd64"}

// release makes a release of one platform from the checkout.
func release(t *testing.T, checkout string) string {
	t.Helper()
	s, err := source.Read(t.Context(), root, "v9.8.7")
	if err != nil {
		t.Fatal(err)
	}
	s.Root, s.Commit, s.Time = checkout, strings.Repeat("a", 40), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	folder := filepath.Join(t.TempDir(), "dist")
	r := dist.Release{
		Source: s, Folder: folder, Notes: "What is new.",
		Programs: []product.Program{{Name: product.Controller, Platform: linux}, {Name: product.Plugin, Platform: linux}},
	}
	if err := dist.Make(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return folder
}

// elsewhere copies what a release is made from into another folder.
func elsewhere(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	for _, folder := range []string{"cmd", "pkg", "deploy", "charts/serin"} {
		if err := os.CopyFS(filepath.Join(to, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum", "LICENSE"} {
		content, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// The programs are linked twice, in two folders; so one test has all that is asked of the result.
func TestARelease(t *testing.T) {
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	first, second := release(t, here), release(t, elsewhere(t))
	t.Run("the same commit makes the same files, wherever it is", func(t *testing.T) { compare(t, first, second) })
	t.Run("it holds what is promised", func(t *testing.T) { holds(t, first) })
	t.Run("its checksums are those of its files", func(t *testing.T) { checksums(t, first) })
	t.Run("its archives hold programs that know their version", func(t *testing.T) { programs(t, first) })
	t.Run("its manifests name the image by the digest of the layout", func(t *testing.T) { digests(t, first) })
	t.Run("the controller brings the certificate authorities along", func(t *testing.T) { authorities(t, first) })
}

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		all = append(all, file.Name())
	}
	return all
}

func compare(t *testing.T, first, second string) {
	if a, b := names(t, first), names(t, second); !slices.Equal(a, b) {
		t.Fatalf("%q, and then %q", a, b)
	}
	for _, name := range names(t, first) {
		if !bytes.Equal(read(t, first, name), read(t, second, name)) {
			t.Errorf("%s differs", name)
		}
	}
}

func holds(t *testing.T, folder string) {
	want := []string{
		"checksums.txt", "krew.yaml", "kubectl-serin_linux_amd64.spdx.json", "kubectl-serin_linux_amd64.tar.gz", "notes.md",
		"serin-9.8.7.tgz", "serin-image.tar", "serin-image_linux_amd64.spdx.json", "serin.yaml", "serin_linux_amd64.spdx.json", "serin_linux_amd64.tar.gz",
	}
	got := slices.DeleteFunc(names(t, folder), func(name string) bool { return name == dist.WatchingFile }) // where the chart has any
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if notes := string(read(t, folder, dist.NotesFile)); notes != "What is new.\n" {
		t.Errorf("the notes are %q", notes)
	}
	plugin := sha256.Sum256(read(t, folder, "kubectl-serin_linux_amd64.tar.gz"))
	if krew := string(read(t, folder, dist.KrewFile)); !strings.Contains(krew, hex.EncodeToString(plugin[:])) || strings.Contains(krew, "serin_linux_amd64.spdx") {
		t.Errorf("the plugin's manifest is\n%s", krew)
	}
}

func checksums(t *testing.T, folder string) {
	listed := map[string]string{}
	for line := range strings.Lines(string(read(t, folder, dist.ChecksumFile))) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok {
			t.Errorf("%q is no line that sha256sum reads", line)
		}
		listed[name] = sum
	}
	for _, name := range names(t, folder) {
		sum := sha256.Sum256(read(t, folder, name))
		if want := hex.EncodeToString(sum[:]); name != dist.ChecksumFile && listed[name] != want {
			t.Errorf("%s has %s, want %s", name, listed[name], want)
		}
		delete(listed, name)
	}
	if len(listed) > 0 {
		t.Errorf("what is not there has a checksum: %v", listed)
	}
}

func programs(t *testing.T, folder string) {
	for name, args := range map[string][]string{product.Controller: {"--version"}, product.Plugin: {"version"}} {
		plain, err := gzip.NewReader(bytes.NewReader(read(t, folder, name+"_linux_amd64.tar.gz")))
		if err != nil {
			t.Fatal(err)
		}
		archive := tar.NewReader(plain)
		header, err := archive.Next()
		if err != nil || header.Name != name || header.Mode != 0o755 {
			t.Fatalf("%s begins with %+v, %v", name, header, err)
		}
		program := filepath.Join(t.TempDir(), name)
		save(t, program, archive)
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), " v9.8.7 (commit "+strings.Repeat("a", 40)+", go1.") {
			t.Errorf("%s says %q, %v", name, out, err)
		}
		if next, err := archive.Next(); err != nil || next.Name != "LICENSE" {
			t.Errorf("%s goes on with %+v, %v", name, next, err)
		}
	}
}

func save(t *testing.T, file string, from io.Reader) {
	t.Helper()
	content, err := io.ReadAll(from)
	if err == nil {
		err = os.WriteFile(file, content, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func digests(t *testing.T, folder string) {
	index, err := image.Read(filepath.Join(folder, dist.ImageFile), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if want := "image: ghcr.io/serin-dev/serin:v9.8.7@" + digest.String() + "\n"; !strings.Contains(string(read(t, folder, dist.InstallFile)), want) {
		t.Errorf("the manifests lack %q", want)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatalf("%+v, %v", manifest, err)
	}
	list, err := spdxjson.Read(bytes.NewReader(read(t, folder, "serin-image_linux_amd64.spdx.json")))
	if err != nil || list.Packages[0].PackageChecksums[0].Value != manifest.Manifests[0].Digest.Hex {
		t.Errorf("the image is listed as %+v, %v", list.Packages[0], err)
	}
}

// The image is made from nothing, so Prometheus behind a public certificate is trusted by the program or not at all.
func authorities(t *testing.T, folder string) {
	list := string(read(t, folder, "serin_linux_amd64.spdx.json"))
	if !strings.Contains(list, `"name": "golang.org/x/crypto/x509roots/fallback"`) {
		t.Error("nothing is listed that would know them")
	}
}

func TestWhatWasThereIsReplaced(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	r := dist.Release{Source: source.Source{Root: root, Go: "local"}, Folder: folder, Programs: product.All()[:1]}
	if err := dist.Make(ctx, r); err == nil || !strings.Contains(err.Error(), "building serin_linux_amd64") {
		t.Errorf("Make() = %v", err)
	}
	if left := names(t, folder); len(left) > 0 {
		t.Errorf("%q is left of another release", left)
	}
}
