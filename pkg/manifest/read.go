// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the path that stands for the standard input.
const Stdin = "-"

// suffixes are those of files that a directory is searched for.
var suffixes = []string{".yaml", ".yml", ".json"}

// ReadAll reads files, directories with all that is below them, and the
// standard input. The error is about what could not be opened; the rest is in
// the Set.
func ReadAll(paths []string, stdin io.Reader) (Set, error) {
	var (
		set    Set
		failed []error
	)
	for _, path := range paths {
		files, err := expand(path)
		if err != nil {
			failed = append(failed, err)
		}
		for _, file := range files {
			text, err := load(file, stdin)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			set.Add(file, text)
		}
	}
	return set, errors.Join(failed...)
}

func load(file string, stdin io.Reader) ([]byte, error) {
	if file == Stdin {
		text, err := io.ReadAll(stdin)
		if err != nil {
			return nil, fmt.Errorf("reading the standard input: %w", err)
		}
		return text, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, reason(err))
	}
	return text, nil
}

// reason leaves out the path, which the sentence around it names.
func reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// expand names the files of a directory, in order. Hidden ones are left out.
func expand(path string) ([]string, error) {
	if path == Stdin {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, reason(err))
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	files, err := walk(path)
	if err != nil {
		return files, fmt.Errorf("reading %s: %w", path, reason(err))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("reading %s: no file in it ends in %s", path, strings.Join(suffixes, ", "))
	}
	return files, nil
}

func walk(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		hidden := file != dir && strings.HasPrefix(filepath.Base(file), ".")
		switch {
		case err != nil:
			return err
		case hidden && entry.IsDir():
			return fs.SkipDir
		case !hidden && !entry.IsDir() && slices.Contains(suffixes, filepath.Ext(file)):
			files = append(files, file)
		}
		return nil
	})
	return files, err
}
