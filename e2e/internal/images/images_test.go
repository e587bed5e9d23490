// SPDX-License-Identifier: Apache-2.0

package images_test

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/serin-dev/serin/e2e/internal/images"
)

// program is a file that stands for one.
func program(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(file, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func write(t *testing.T, image images.Image) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := image.Write(file); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t *testing.T, file, reference string) v1.Image {
	t.Helper()
	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(file, &tag)
	if err != nil {
		t.Fatalf("reading %s: %v", reference, err)
	}
	return image
}

func TestTheSameProgramsMakeTheSameImage(t *testing.T) {
	first, second := write(t, images.Sample(program(t, "sample"))), write(t, images.Sample(program(t, "sample")))
	another := write(t, images.Sample(program(t, "another")))
	for _, tag := range []string{"v1", "v2", "v3", "v4"} {
		reference := "serin.lab/sample:" + tag
		if a, b := digest(t, first, reference), digest(t, second, reference); a != b {
			t.Errorf("%s is %s, and then %s", reference, a, b)
		}
		if a, b := digest(t, first, reference), digest(t, another, reference); a == b {
			t.Errorf("%s is %s for another program, too", reference, a)
		}
	}
}

func digest(t *testing.T, file, reference string) v1.Hash {
	t.Helper()
	digest, err := read(t, file, reference).Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func TestTheSamplesTagsDifferInVersionOnly(t *testing.T) {
	file := write(t, images.Sample(program(t, "sample")))
	var layers []v1.Hash
	for _, tag := range []string{"v1", "v2", "v3", "v4"} {
		image := read(t, file, "serin.lab/sample:"+tag)
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(config.Config.Env, "VERSION="+tag) {
			t.Errorf("%s has the environment %v", tag, config.Config.Env)
		}
		layers = append(layers, config.RootFS.DiffIDs...)
	}
	if len(layers) != 4 || len(slices.Compact(layers)) != 1 {
		t.Errorf("the layers are %v, want the same one four times", layers)
	}
}

func TestTheFilesAreInTheirPlaces(t *testing.T) {
	file := write(t, images.Serin(program(t, "serin")))
	layers, err := read(t, file, "serin.lab/serin:e2e").Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v; want 1", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var got []string
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %o %d:%d %d", header.Name, header.Mode, header.Uid, header.Gid, header.ModTime.Unix()))
	}
	want := []string{"serin 755 0:0 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAProgramThatIsNotThere(t *testing.T) {
	err := images.Pause("nowhere/pause").Write(filepath.Join(t.TempDir(), "image.tar"))
	if err == nil || !strings.Contains(err.Error(), "reading what becomes /pause: open nowhere/pause") {
		t.Errorf("Write() = %v", err)
	}
}

func TestAProgramThatWouldNotStartIsRefused(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has programs of the kind that an image runs")
	}
	err := images.Pause("/bin/ls").Write(filepath.Join(t.TempDir(), "image.tar"))
	if err == nil || !strings.Contains(err.Error(), "build it with CGO_ENABLED=0") {
		t.Errorf("Write() = %v", err)
	}
}
