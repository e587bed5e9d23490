// SPDX-License-Identifier: Apache-2.0

package images

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// File is one file of an image.
type File struct {
	Path string // in the image's root, such as /serin
	Mode int64
	From string // on this machine
}

// Image is what is built from nothing else.
type Image struct {
	Files  []File
	Config v1.Config
	Names  []Name
}

// Name is one name of an image, and what is different under that name.
type Name struct {
	Reference string
	Env       []string
}

// Write builds the image and writes it, under all its names, to the file.
func (i Image) Write(file string) error {
	layer, err := i.layer()
	if err != nil {
		return err
	}
	named := map[name.Reference]v1.Image{}
	for _, n := range i.Names {
		tag, err := name.NewTag(n.Reference, name.StrictValidation)
		if err != nil {
			return fmt.Errorf("naming an image: %w", err)
		}
		if named[tag], err = i.build(layer, n.Env); err != nil {
			return fmt.Errorf("building %s: %w", n.Reference, err)
		}
	}
	if err := tarball.MultiRefWriteToFile(file, named); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return nil
}

func (i Image) build(layer v1.Layer, env []string) (v1.Image, error) {
	config := i.Config
	config.Env = slices.Concat(config.Env, env)
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", runtime.GOARCH, config
	return mutate.ConfigFile(image, file)
}

// layer holds the files as they are, not compressed: they travel no further than this machine.
func (i Image) layer() (v1.Layer, error) {
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	for _, file := range i.Files {
		if err := add(archive, file); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return static.NewLayer(content.Bytes(), types.DockerUncompressedLayer), nil
}

// add writes the file without times and owners, which are not the program's.
func add(archive *tar.Writer, file File) error {
	content, err := os.ReadFile(file.From)
	if err != nil {
		return fmt.Errorf("reading what becomes %s: %w", file.Path, err)
	}
	if needsLoader(content) {
		return fmt.Errorf("%s is linked dynamically, and an image from scratch has nothing to link with: build it with CGO_ENABLED=0", file.From)
	}
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: strings.TrimPrefix(file.Path, "/"), Mode: file.Mode, Size: int64(len(content)), Format: tar.FormatPAX,
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = archive.Write(content)
	return err
}

// needsLoader says whether the content is a program that asks for a dynamic loader.
func needsLoader(content []byte) bool {
	program, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return false // no program at all
	}
	return slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}
