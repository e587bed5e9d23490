// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestThePackageNeedsNoClient(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("listing dependencies: %v", err)
	}
	for dependency := range strings.FieldsSeq(string(out)) {
		for _, forbidden := range []string{"k8s.io/client-go", "sigs.k8s.io/controller-runtime", "github.com/prometheus/", "istio.io/"} {
			if strings.HasPrefix(dependency, forbidden) {
				t.Errorf("depends on %s", dependency)
			}
		}
	}
}
