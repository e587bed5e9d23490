// SPDX-License-Identifier: Apache-2.0

// Command images makes the lab's container images from programs that are already built.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/e2e/internal/images"
)

// inputs name what becomes an image. An empty one is left out.
type inputs struct {
	out, serin, sample, pause string
}

func main() {
	var in inputs
	command := &cobra.Command{
		Use:           "images --out DIR [--serin FILE] [--sample FILE] [--pause FILE]",
		Short:         "Make container images for 'ctr -n k8s.io images import'",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(*cobra.Command, []string) error { return in.write() },
	}
	command.Flags().StringVar(&in.out, "out", "", "directory for the images (required)")
	command.Flags().StringVar(&in.serin, "serin", "", "the controller: becomes serin.tar, serin.lab/serin:e2e")
	command.Flags().StringVar(&in.sample, "sample", "", "the sample: becomes sample.tar, serin.lab/sample:v1 to v4")
	command.Flags().StringVar(&in.pause, "pause", "", "the pod's first process: becomes pause.tar, serin.lab/pause:1")
	if err := command.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func (in inputs) write() error {
	made, err := in.images()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(in.out, 0o755); err != nil {
		return fmt.Errorf("making the directory for the images: %w", err)
	}
	for name, image := range made {
		file := filepath.Join(in.out, name)
		if err := image.Write(file); err != nil {
			return err
		}
		for _, name := range image.Names {
			fmt.Println(file, name.Reference)
		}
	}
	return nil
}

func (in inputs) images() (map[string]images.Image, error) {
	if in.out == "" {
		return nil, errors.New("--out is missing: name a directory for the images")
	}
	made := map[string]images.Image{}
	if in.pause != "" {
		made["pause.tar"] = images.Pause(in.pause)
	}
	if in.sample != "" {
		made["sample.tar"] = images.Sample(in.sample)
	}
	if in.serin != "" {
		made["serin.tar"] = images.Serin(in.serin)
	}
	if len(made) == 0 {
		return nil, errors.New("nothing to make: give at least one of --serin, --sample and --pause")
	}
	return made, nil
}
