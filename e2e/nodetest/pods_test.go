// SPDX-License-Identifier: Apache-2.0

package nodetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serin-dev/serin/e2e/lab"
)

func TestTheNodeIsReady(t *testing.T) {
	got := kubectl(t, shared, "get", "nodes", "-o",
		`jsonpath={range .items[*]}{.metadata.name} {.status.addresses[0].address} {.status.conditions[?(@.type=="Ready")].status}{end}`)
	if want := "node " + shared.NodeIP + " True"; got != want {
		t.Errorf("the nodes are %q, want %q", got, want)
	}
}

// runApp has the four pods run in the lab, and returns the URL of their Service and the name of one.
func runApp(t *testing.T, l *lab.Lab) (url, pod string) {
	t.Helper()
	kubectl(t, l, "apply", "-f", "testdata/app.yaml")
	kubectl(t, l, "rollout", "status", "deployment/app", "--timeout=60s")
	return "http://" + kubectl(t, l, "get", "service", "app", "-o", "jsonpath={.spec.clusterIP}"),
		strings.Fields(kubectl(t, l, "get", "pods", "-l", "app=app", "-o", "name"))[0]
}

func TestPodsRunAndAreReachedThroughTheirService(t *testing.T) {
	url, pod := runApp(t, shared)

	for range 8 { // a pod also finds itself behind its own Service
		if name := kubectl(t, shared, "exec", pod, "--", "/app", "get", url); !strings.HasPrefix(name, "app-") {
			t.Errorf("a pod hears %q from the Service", name)
		}
	}
	if name := within(t, shared, filepath.Join(images, "app"), "get", url); !strings.HasPrefix(name, "app-") {
		t.Errorf("the node hears %q from the Service", name)
	}
	if log := kubectl(t, shared, "logs", pod); !strings.HasPrefix(log, "serving\n") {
		t.Errorf("the pod's log is %q", log)
	}
	if answer := kubectl(t, shared, "exec", pod, "--", "/app", "get", "https://10.96.0.1/version"); !strings.Contains(answer, `"gitVersion"`) {
		t.Errorf("a pod hears %q from the API server", answer)
	}
	istiod := "http://" + shared.IstiodHTTP + "/version"
	if answer := kubectl(t, shared, "exec", pod, "--", "/app", "get", istiod); answer == "" {
		t.Error("a pod hears nothing from istiod")
	}
}

func TestImagesCanBeImportedLater(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(images, "app"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, name := range []string{"test.lab/later:1", "test.lab/later:2"} {
		archive, err := archiveOf(content, name)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "later.tar")
		if err := os.WriteFile(file, archive, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if out, content := runLab(t, append([]string{"import", "--dir", shared.Dir}, files...)...); !content {
		t.Fatal(out)
	}
	kubectl(t, shared, "run", "later", "--image=test.lab/later:2")
	kubectl(t, shared, "wait", "--for=condition=Ready", "pod/later", "--timeout=30s")

	if out, content := runLab(t, "import", "--dir", shared.Dir, "no-such-file.tar"); content || !strings.Contains(out, "no-such-file.tar") {
		t.Errorf("content: %t, and it says %q", content, out)
	}
}
