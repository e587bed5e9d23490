// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"context"
	"fmt"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/serin-dev/serin/deploy/release/internal/bom"
	"github.com/serin-dev/serin/deploy/release/internal/image"
	"github.com/serin-dev/serin/deploy/release/internal/product"
)

// image makes the image of the controllers, and lists what is in it on each platform.
func (m *making) image(context.Context) error {
	programs := map[string]string{}
	for _, p := range m.Programs {
		if p.Name == product.Controller {
			programs[p.Platform.Arch] = m.built[p]
		}
	}
	index, err := image.Index(m.Source, programs)
	if err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return fmt.Errorf("computing the image's digest: %w", err)
	}
	m.digest = digest.String()
	layout := filepath.Join(m.scratch, "image")
	if err := image.Write(layout, index, m.Source.Version); err != nil {
		return err
	}
	if err := image.Pack(layout, m.in(ImageFile), m.Source.Time); err != nil {
		return err
	}
	return m.listImages(index, programs)
}

func (m *making) listImages(index v1.ImageIndex, programs map[string]string) error {
	manifest, err := index.IndexManifest()
	if err != nil {
		return fmt.Errorf("reading the image's index: %w", err)
	}
	for _, entry := range manifest.Manifests {
		arch := entry.Platform.Architecture
		name := "serin-image_linux_" + arch
		list, err := bom.Image(m.Source, name, image.Repository, entry.Digest.String(), programs[arch])
		if err != nil {
			return err
		}
		if err := bom.Write(list, m.in(name+".spdx.json")); err != nil {
			return err
		}
	}
	return nil
}
