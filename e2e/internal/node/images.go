// SPDX-License-Identifier: Apache-2.0

package node

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// PauseImage is the image of the process that keeps a pod's namespaces. There is no pod without it, and no registry to get it from.
const PauseImage = "serin.lab/pause:1"

// Images returns the image files of a directory.
func Images(dir string) ([]string, error) {
	return filepath.Glob(filepath.Join(dir, "*.tar"))
}

// CheckImages returns an error if the directory lacks the image that every pod needs.
func CheckImages(dir string) error {
	files, err := Images(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		has, err := names(file, PauseImage)
		if err != nil {
			return fmt.Errorf("reading the image file %s: %w", file, err)
		}
		if has {
			return nil
		}
	}
	return fmt.Errorf("no file in %s holds the image %s, which every pod needs: run 'make images', or give another directory with --images",
		dir, PauseImage)
}

// names says whether an archive's index, of OCI or of docker save, has the image.
func names(file, image string) (bool, error) {
	archive, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer archive.Close()
	for entries := tar.NewReader(archive); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if entry.Name != "index.json" && entry.Name != "manifest.json" {
			continue
		}
		text, err := io.ReadAll(entries)
		if err != nil || bytes.Contains(text, []byte(`"`+image+`"`)) {
			return err == nil, err
		}
	}
}
