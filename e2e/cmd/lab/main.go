// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"

	"github.com/serin-dev/serin/e2e/internal/cli"
)

func main() {
	if len(os.Args) > 1 {
		if run, found := components[os.Args[1]]; found {
			// Every component reads os.Args itself and expects its own name first.
			os.Args = os.Args[1:]
			os.Exit(run())
		}
	}
	forgetLinkedFlags()
	os.Exit(cli.Run(context.Background()))
}
