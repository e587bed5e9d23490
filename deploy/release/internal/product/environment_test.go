// SPDX-License-Identifier: Apache-2.0

package product

import (
	"slices"
	"testing"
)

func TestTheUsersFlagsHaveNoSay(t *testing.T) {
	users := []string{"HOME=/home/me", "GOFLAGS=-tags=mine", "GOEXPERIMENT=x", "CGO_ENABLED=1", "GOOS=plan9", "GOPROXY=https://proxy.example"}
	got := environment(users, "go1.26.8", Platform{"linux", "arm64"})
	want := []string{
		"HOME=/home/me", "GOPROXY=https://proxy.example",
		"CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64", "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off", "GOTOOLCHAIN=go1.26.8",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
