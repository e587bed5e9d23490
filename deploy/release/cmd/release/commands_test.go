// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

// What is in the way is told before minutes are spent on building.
func TestAReleaseThatCannotBeIsRefusedAtOnce(t *testing.T) {
	for args, want := range map[string]string{
		"build --root ../../../.. --version 1": `VERSION: "1" is no version to release`,
		"build --root ../../../..":             `VERSION: "" is no version to release`,
		"image --root /nowhere":                "running git rev-parse --verify HEAD in /nowhere",
		"push /nowhere example.com/serin:v1":   "reading the image",
		"push only-one":                        "accepts 2 arg(s), received 1",
		"build now":                            "unknown command \"now\"",
	} {
		c := command()
		c.SetArgs(strings.Fields(args))
		if err := c.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
