// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImportsNoClient guards at every depth what makes this package pure.
func TestImportsNoClient(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("listing dependencies: %v", err)
	}
	for path := range strings.Lines(string(out)) {
		for _, forbidden := range []string{"k8s.io/client-go", "sigs.k8s.io/controller-runtime", "github.com/prometheus", "istio.io/client-go"} {
			if strings.HasPrefix(path, forbidden) {
				t.Errorf("depends on %s", path)
			}
		}
	}
}
