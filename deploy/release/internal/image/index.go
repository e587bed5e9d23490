// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// Index makes one image for each architecture of Linux, from the file of its program, and an index of them all.
func Index(s source.Source, programs map[string]string) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range slices.Sorted(maps.Keys(programs)) {
		made, err := build(s, arch, programs[arch])
		if err != nil {
			return nil, fmt.Errorf("making the image for %s: %w", arch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: made, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	annotated, ok := mutate.Annotations(index, annotations(s)).(v1.ImageIndex)
	if !ok {
		return nil, fmt.Errorf("annotating the index: %T is none any more", annotated)
	}
	return annotated, nil
}

func build(s source.Source, arch, file string) (v1.Image, error) {
	content, err := layer(s, file)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	made, err := mutate.Append(base, mutate.Addendum{
		Layer: content, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: s.Time}, CreatedBy: "make image"},
	})
	if err != nil {
		return nil, err
	}
	config, err := made.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created, config.Config = "linux", arch, v1.Time{Time: s.Time}, Config(s)
	return mutate.ConfigFile(made, config)
}

// layer holds the program, which belongs to root: who runs it cannot change it.
func layer(s source.Source, file string) (v1.Layer, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var archived bytes.Buffer
	archive := tar.NewWriter(&archived)
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: strings.TrimPrefix(program, "/"), Mode: 0o755, Size: int64(len(content)), ModTime: s.Time, Format: tar.FormatPAX,
	}
	if err := archive.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := archive.Write(content); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archived.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithCompressedCaching)
}
