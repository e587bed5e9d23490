// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/deploy/release/internal/dist"
	"github.com/serin-dev/serin/deploy/release/internal/image"
	"github.com/serin-dev/serin/deploy/release/internal/product"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// from is what each command reads its source from.
type from struct{ root, version, out string }

func (f *from) add(c *cobra.Command, out, what string) *cobra.Command {
	c.Args = cobra.NoArgs
	c.Flags().StringVar(&f.root, "root", "../..", "the checkout")
	c.Flags().StringVar(&f.version, "version", "", "the version, such as v0.1.0")
	c.Flags().StringVar(&f.out, "out", out, what)
	return c
}

func buildCommand() *cobra.Command {
	var f from
	return f.add(&cobra.Command{
		Use:   "build --version VERSION",
		Short: "Build everything that the release of the checked-out commit carries",
		RunE: func(c *cobra.Command, _ []string) error {
			return f.build(c.Context(), c.OutOrStdout())
		},
	}, "../../dist", "folder for the files, replaced as a whole")
}

func (f from) build(ctx context.Context, out io.Writer) error {
	s, err := source.Read(ctx, f.root, f.version)
	if err != nil {
		return err
	}
	facts, err := s.Facts(ctx)
	if err != nil {
		return err
	}
	if err := facts.Problems(); err != nil {
		return fmt.Errorf("nothing was built, because %s cannot be released from here:\n%w", f.version, err)
	}
	r := dist.Release{Source: s, Programs: product.All(), Folder: f.out, Notes: source.Notes(facts.Changelog, f.version)}
	if err := dist.Make(ctx, r); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s of %s is in %s\n", f.version, s.Commit, f.out)
	return err
}

func imageCommand() *cobra.Command {
	var f from
	return f.add(&cobra.Command{
		Use:   "image --version VERSION",
		Short: "Make the image of the checkout, whatever its state, as an OCI image layout",
		RunE: func(c *cobra.Command, _ []string) error {
			return f.image(c.Context(), c.OutOrStdout())
		},
	}, "../../bin/image", "folder for the layout, replaced as a whole")
}

func (f from) image(ctx context.Context, out io.Writer) (err error) {
	s, err := source.Read(ctx, f.root, f.version)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "serin-image-*")
	if err != nil {
		return fmt.Errorf("making a folder to build in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	programs := map[string]string{}
	for _, p := range product.Images() {
		if programs[p.Platform.Arch], err = product.Build(ctx, s, p, scratch); err != nil {
			return err
		}
	}
	index, err := image.Index(s, programs)
	if err != nil {
		return err
	}
	if err := image.Write(f.out, index, f.version); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return fmt.Errorf("computing the image's digest: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s %s\n", f.out, digest)
	return err
}

func pushCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "push LAYOUT REFERENCE",
		Short:   "Put the image of a layout, a folder or a .tar, into a registry, and print its name by digest",
		Example: "  release push dist/serin-image.tar ghcr.io/serin-dev/serin:v0.1.0",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) (err error) {
			scratch, err := os.MkdirTemp("", "serin-push-*")
			if err != nil {
				return fmt.Errorf("making a folder to unpack into: %w", err)
			}
			defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
			index, err := image.Read(args[0], scratch)
			if err != nil {
				return err
			}
			pushed, err := image.Push(c.Context(), index, args[1])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), pushed)
			return err
		},
	}
}
