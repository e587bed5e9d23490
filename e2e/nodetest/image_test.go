// SPDX-License-Identifier: Apache-2.0

package nodetest

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const (
	pauseImage = "serin.lab/pause:1"
	appImage   = "test.lab/app:1"
)

// buildImages compiles the program of these tests and writes it into the directory as an image with two names.
func buildImages(dir string) error {
	program := filepath.Join(dir, "app")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./testdata/app")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // there is no libc in the image
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("compiling the tests' program: %w: %s", err, out)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	archive, err := archiveOf(content, pauseImage, appImage)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "app.tar"), archive, 0o600)
}

// archiveOf is what "docker save" would write for an image of the one program, under these names.
func archiveOf(program []byte, names ...string) ([]byte, error) {
	layer, err := tarOf(file{"app", program})
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{
		"os": "linux", "architecture": runtime.GOARCH,
		"config": map[string]any{"Entrypoint": []string{"/app"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config": "config.json", "Layers": []string{"layer.tar"}, "RepoTags": names,
	}})
	if err != nil {
		return nil, err
	}
	return tarOf(file{"manifest.json", manifest}, file{"config.json", config}, file{"layer.tar", layer})
}

type file struct {
	name    string
	content []byte
}

func tarOf(files ...file) ([]byte, error) {
	var text bytes.Buffer
	writer := tar.NewWriter(&text)
	for _, f := range files {
		if err := writer.WriteHeader(&tar.Header{Name: f.name, Mode: 0o755, Size: int64(len(f.content))}); err != nil {
			return nil, err
		}
		if _, err := writer.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return text.Bytes(), err
}
