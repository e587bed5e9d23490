// SPDX-License-Identifier: Apache-2.0

package pack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/deploy/release/internal/pack"
)

var at = time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)

// files are the same each time, but for what must not matter: folder, time and permissions.
func files(t *testing.T, mode os.FileMode, age time.Duration) []pack.File {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"program": "run me", "LICENSE": strings.Repeat("as is ", 1000)} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, at.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	return []pack.File{{Name: "program", From: filepath.Join(dir, "program"), Program: true}, {Name: "LICENSE", From: filepath.Join(dir, "LICENSE")}}
}

func write(t *testing.T, name string, files []pack.File) []byte {
	t.Helper()
	archive := filepath.Join(t.TempDir(), name)
	if err := pack.Write(archive, at, files); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestTheSameFilesAreTheSameBytes(t *testing.T) {
	for _, name := range []string{"a.tar", "a.tar.gz", "a.zip"} {
		if !bytes.Equal(write(t, name, files(t, 0o600, time.Hour)), write(t, name, files(t, 0o640, 2*time.Hour))) {
			t.Errorf("%s differs by what the files' owner did to them", name)
		}
	}
}

func TestATarHoldsItsFilesInOrder(t *testing.T) {
	plain, err := gzip.NewReader(bytes.NewReader(write(t, "a.tar.gz", files(t, 0o600, 0))))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %o %d %d:%d%s%s %s", header.Name, header.Mode, header.Size, header.Uid, header.Gid, header.Uname, header.Gname, header.ModTime.UTC()))
	}
	want := []string{"program 755 6 0:0 2026-01-02 03:04:06 +0000 UTC", "LICENSE 644 6000 0:0 2026-01-02 03:04:06 +0000 UTC"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAZipHoldsItsFilesInOrder(t *testing.T) {
	content := write(t, "a.zip", files(t, 0o600, 0))
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range archive.File {
		got = append(got, fmt.Sprintf("%s %s %d %s", file.Name, file.Mode(), file.UncompressedSize64, file.Modified.UTC()))
	}
	want := []string{"program -rwxr-xr-x 6 2026-01-02 03:04:06 +0000 UTC", "LICENSE -rw-r--r-- 6000 2026-01-02 03:04:06 +0000 UTC"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWhatCannotBePackedIsNamed(t *testing.T) {
	dir := t.TempDir()
	for archive, want := range map[string]string{
		filepath.Join(dir, "a.rar"):     "ends with .tar, .tar.gz or .zip",
		filepath.Join(dir, "a.tar"):     "packing /nowhere into",
		filepath.Join(dir, "no", "tar"): "packing: open",
	} {
		if err := pack.Write(archive, at, []pack.File{{Name: "a", From: "/nowhere"}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", archive, err, want)
		}
	}
}
