// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// File is one file of an archive.
type File struct {
	Name    string // in the archive, with slashes
	From    string // on this machine
	Program bool   // may be run
}

func (f File) mode() os.FileMode {
	if f.Program {
		return 0o755
	}
	return 0o644
}

// sink is where an archive takes its files.
type sink interface {
	add(f File, info os.FileInfo, at time.Time) (io.Writer, error)
	close() error
}

// Write makes the archive that its ending names (.tar, .tar.gz or .zip), with the files in the given order, all of the given time.
func Write(archive string, at time.Time, files []File) (err error) {
	out, err := os.Create(archive)
	if err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e
		}
	}()
	to, err := open(archive, out)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := add(to, file, at); err != nil {
			return fmt.Errorf("packing %s into %s: %w", file.From, archive, err)
		}
	}
	return to.close()
}

func open(archive string, out io.Writer) (sink, error) {
	switch {
	case strings.HasSuffix(archive, ".zip"):
		return zipped{zip.NewWriter(out)}, nil
	case strings.HasSuffix(archive, ".tar"):
		return tarred{tar.NewWriter(out), io.NopCloser(nil)}, nil
	case strings.HasSuffix(archive, ".tar.gz"):
		smaller, err := gzip.NewWriterLevel(out, gzip.BestCompression)
		return tarred{tar.NewWriter(smaller), smaller}, err
	}
	return nil, fmt.Errorf("packing %s: an archive ends with .tar, .tar.gz or .zip", archive)
}

func add(to sink, file File, at time.Time) error {
	content, err := os.Open(file.From)
	if err != nil {
		return err
	}
	defer content.Close()
	info, err := content.Stat()
	if err != nil {
		return err
	}
	into, err := to.add(file, info, at)
	if err != nil {
		return err
	}
	_, err = io.Copy(into, content)
	return err
}

// tarred is a tar archive, and what compresses it.
type tarred struct {
	archive *tar.Writer
	around  io.Closer
}

func (t tarred) add(f File, info os.FileInfo, at time.Time) (io.Writer, error) {
	return t.archive, t.archive.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: f.Name, Mode: int64(f.mode()), Size: info.Size(), ModTime: at, Format: tar.FormatPAX,
	})
}

func (t tarred) close() error {
	if err := t.archive.Close(); err != nil {
		return err
	}
	return t.around.Close()
}

type zipped struct{ archive *zip.Writer }

func (z zipped) add(f File, _ os.FileInfo, at time.Time) (io.Writer, error) {
	header := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: at.UTC()}
	header.SetMode(f.mode())
	return z.archive.CreateHeader(header)
}

func (z zipped) close() error { return z.archive.Close() }
