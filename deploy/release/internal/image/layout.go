// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/serin-dev/serin/deploy/release/internal/pack"
)

// Write writes the index as an OCI image layout into the folder, in place of what is there, and names it with the tag.
func Write(folder string, index v1.ImageIndex, tag string) error {
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("replacing the image: %w", err)
	}
	to, err := layout.Write(folder, empty.Index)
	if err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	if err := to.AppendIndex(index, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": tag})); err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	return nil
}

// Pack writes the layout in the folder as one file, which "podman load", "skopeo copy oci-archive:" and "ctr images import" take.
func Pack(folder, archive string, at time.Time) error {
	var files []pack.File
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		inside, err := filepath.Rel(folder, path)
		files = append(files, pack.File{Name: filepath.ToSlash(inside), From: path})
		return err
	})
	if err != nil {
		return fmt.Errorf("packing the image: %w", err)
	}
	slices.SortFunc(files, func(a, b pack.File) int { return strings.Compare(a.Name, b.Name) })
	return pack.Write(archive, at, files)
}

// Read gives the one index of a layout: of a folder, or of a file that [Pack] wrote, which it unpacks into the scratch folder.
func Read(file, scratch string) (v1.ImageIndex, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("reading the image: %w", err)
	}
	if !info.IsDir() {
		if err := unpack(file, scratch); err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", file, err)
		}
		file = scratch
	}
	all, err := layout.ImageIndexFromPath(file)
	if err != nil {
		return nil, fmt.Errorf("reading the image: %w", err)
	}
	manifest, err := all.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("reading the image: %w", err)
	}
	if n := len(manifest.Manifests); n != 1 {
		return nil, fmt.Errorf("reading the image: %d of them in %s, and one is wanted", n, file)
	}
	return all.ImageIndex(manifest.Manifests[0].Digest)
}

// unpack writes the files into the folder, and none outside of it.
func unpack(file, folder string) error {
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	defer content.Close()
	inside, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer inside.Close()
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := extract(inside, header.Name, archive); err != nil {
			return err
		}
	}
}

func extract(into *os.Root, name string, content io.Reader) error {
	if err := into.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := into.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// Push puts the index into the registry under the reference, such as ghcr.io/serin-dev/serin:v0.1.0, with the credentials that
// docker login or podman login left, and gives its name by digest.
func Push(ctx context.Context, index v1.ImageIndex, reference string) (string, error) {
	to, err := name.NewTag(reference, name.StrictValidation)
	if err != nil {
		return "", fmt.Errorf("pushing the image: %w", err)
	}
	if err := remote.WriteIndex(to, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return "", fmt.Errorf("pushing the image to %s: %w", to, err)
	}
	digest, err := index.Digest()
	if err != nil {
		return "", fmt.Errorf("pushing the image: %w", err)
	}
	return to.Context().Digest(digest.String()).String(), nil
}
