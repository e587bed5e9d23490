// SPDX-License-Identifier: Apache-2.0

// Command man writes the man pages of kubectl-serin into a directory.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra/doc"

	"github.com/serin-dev/serin/pkg/cli"
)

func main() {
	if err := write(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func write(args []string) error {
	if len(args) != 1 {
		return errors.New("name the directory: man DIRECTORY")
	}
	if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // man pages are for everybody
		return err
	}
	root := cli.NewCommand(cli.Build{}, cli.Surroundings{Now: time.Now, Getenv: os.Getenv})
	root.DisableAutoGenTag = true // two builds of one commit are to be alike
	// The date is that of SOURCE_DATE_EPOCH, or today.
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "Serin", Manual: "kubectl serin"}, args[0])
}
