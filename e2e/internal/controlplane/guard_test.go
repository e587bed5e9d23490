// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"os"
	"path/filepath"
	"testing"
)

// The lab must hold templates exactly as an installation does.
func TestTheLabsGuardIsTheOneThatIsInstalled(t *testing.T) {
	for _, name := range []string{"policy.yaml", "notice.yaml"} {
		ours, err := guardFiles.ReadFile("guard/" + name)
		if err != nil {
			t.Fatal(err)
		}
		installed, err := os.ReadFile(filepath.Join("..", "..", "..", "deploy", "guard", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(ours) != string(installed) {
			t.Errorf("e2e/internal/controlplane/guard/%s differs from deploy/guard/%s: run make generate", name, name)
		}
	}
	objects, err := guardObjects()
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 4 {
		t.Errorf("the guard is %d objects, want two policies with their bindings", len(objects))
	}
}
