// SPDX-License-Identifier: Apache-2.0

// Command serin is the controller.
package main

import (
	"fmt"
	"os"

	// The authorities that vouch for Prometheus where the image has none of its own.
	_ "golang.org/x/crypto/x509roots/fallback"
	"sigs.k8s.io/controller-runtime/pkg/manager/signals"
)

// Set by the linker.
var (
	version = "dev"
	commit  = "unknown"
)

func main() {
	if err := command().ExecuteContext(signals.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "serin:", err)
		os.Exit(1)
	}
}
