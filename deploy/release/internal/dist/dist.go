// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/serin-dev/serin/deploy/release/internal/bom"
	"github.com/serin-dev/serin/deploy/release/internal/chart"
	"github.com/serin-dev/serin/deploy/release/internal/image"
	"github.com/serin-dev/serin/deploy/release/internal/manifest"
	"github.com/serin-dev/serin/deploy/release/internal/pack"
	"github.com/serin-dev/serin/deploy/release/internal/product"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// Names of the files that are in each release but for their version.
const (
	ImageFile    = "serin-image.tar"
	InstallFile  = "serin.yaml"
	KrewFile     = "krew.yaml"
	NotesFile    = "notes.md"
	WatchingFile = "serin-dashboards-and-alerts.tar.gz"
	ChecksumFile = "checksums.txt"
)

// Release is what is to be made.
type Release struct {
	Source   source.Source
	Programs []product.Program
	Folder   string // replaced as a whole
	Notes    string // of the version, in Markdown
}

// making is a release on its way: what one step found out and a later one needs.
type making struct {
	Release

	scratch  string
	built    map[product.Program]string // the files of the programs
	archives []manifest.Archive         // of the plugin
	digest   string                     // of the image's index
}

// Make makes the release. It compiles each program for each platform, which takes minutes the first time.
func Make(ctx context.Context, r Release) (err error) {
	if err := empty(r.Folder); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "serin-release-*")
	if err != nil {
		return fmt.Errorf("making a folder to build in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	m := &making{Release: r, scratch: scratch, built: map[product.Program]string{}}
	for _, step := range []func(context.Context) error{m.compile, m.archive, m.image, m.chart, m.watching, m.manifests, m.notes, m.checksums} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func empty(folder string) error {
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil { //nolint:gosec // the files are for everybody
		return fmt.Errorf("emptying %s: %w", folder, err)
	}
	return nil
}

// in is the path of a file of the release, and of one of the checkout.
func (m *making) in(name string) string { return filepath.Join(m.Folder, name) }
func (m *making) checkout(parts ...string) string {
	return filepath.Join(append([]string{m.Source.Root}, parts...)...)
}

// compile builds the programs, and lists what is in each of them.
func (m *making) compile(ctx context.Context) error {
	for _, p := range m.Programs {
		file, err := product.Build(ctx, m.Source, p, m.scratch)
		if err != nil {
			return err
		}
		m.built[p] = file
		list, err := bom.Program(m.Source, p.String(), file)
		if err != nil {
			return err
		}
		if err := bom.Write(list, m.in(p.String()+".spdx.json")); err != nil {
			return err
		}
	}
	return nil
}

// archive packs each program with the licence, as its platform expects.
func (m *making) archive(context.Context) error {
	for _, p := range m.Programs {
		name := p.String() + ".tar.gz"
		if p.Platform.OS == "windows" {
			name = p.String() + ".zip"
		}
		files := []pack.File{{Name: p.File(), From: m.built[p], Program: true}, {Name: "LICENSE", From: m.checkout("LICENSE")}}
		if err := pack.Write(m.in(name), m.Source.Time, files); err != nil {
			return err
		}
		if p.Name != product.Plugin {
			continue
		}
		sum, err := checksum(m.in(name))
		if err != nil {
			return err
		}
		m.archives = append(m.archives, manifest.Archive{Program: p, Name: name, Sum: sum})
	}
	return nil
}

// chart packs the chart.
func (m *making) chart(context.Context) error {
	_, err := chart.Pack(m.Source, m.checkout("charts", "serin"), m.Folder)
	return err
}

// watching packs the dashboards and the alerts, for who installs without the chart. The guard is in the manifests.
func (m *making) watching(context.Context) error {
	from := m.checkout("charts", "serin", "files")
	var files []pack.File
	err := fs.WalkDir(os.DirFS(from), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name == "guard":
			return fs.SkipDir
		case !entry.IsDir():
			files = append(files, pack.File{Name: name, From: filepath.Join(from, name)})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("finding dashboards and alerts: %w", err)
	}
	if len(files) == 0 {
		return nil
	}
	return pack.Write(m.in(WatchingFile), m.Source.Time, files)
}

func (m *making) manifests(context.Context) error {
	install, err := manifest.Install(m.Source, m.checkout("deploy"), image.Repository, m.digest)
	if err != nil {
		return err
	}
	plugin, err := manifest.Krew(m.Source, m.checkout("deploy", "krew", "serin.yaml.tmpl"), m.archives)
	if err != nil {
		return err
	}
	return errors.Join(write(m.in(InstallFile), install), write(m.in(KrewFile), plugin))
}

func (m *making) notes(context.Context) error { return write(m.in(NotesFile), []byte(m.Notes+"\n")) }

func write(file string, content []byte) error {
	if err := os.WriteFile(file, content, 0o644); err != nil { //nolint:gosec // the files are for everybody
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return nil
}
