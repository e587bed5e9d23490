// SPDX-License-Identifier: Apache-2.0

package annotations_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestThePackageNeedsTheStandardLibraryAndThePlanOnly(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatalf("listing dependencies: %v", err)
	}
	for dependency := range strings.FieldsSeq(string(out)) {
		if !strings.HasPrefix(dependency, "github.com/serin-dev/serin/pkg/") {
			t.Errorf("depends on %s", dependency)
		}
	}
}
