// SPDX-License-Identifier: Apache-2.0

// Command sample is an application to roll out, and load on it.
//
// It is linked statically, from nothing of Kubernetes or Istio, and with the tag grpcnotrace, which leaves out a third of it:
//
//	CGO_ENABLED=0 go build -tags grpcnotrace -ldflags "-s -w" ./cmd/sample
package main

import (
	"context"
	"os"

	"github.com/serin-dev/serin/e2e/sample"
)

func main() {
	os.Exit(sample.Run(context.Background()))
}
