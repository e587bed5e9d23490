// SPDX-License-Identifier: Apache-2.0

package fakepods_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/kwok/pkg/apis/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/e2e/internal/fakepods"
)

func TestStagesAreKWOKs(t *testing.T) {
	documents, err := fakepods.Stages()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for document := range strings.SplitSeq(strings.TrimPrefix(string(documents), "---\n"), "\n---\n") {
		var stage v1alpha1.Stage
		if err := yaml.UnmarshalStrict([]byte(document), &stage); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if seen[stage.Name] {
			t.Errorf("two stages are called %s", stage.Name)
		}
		seen[stage.Name] = true
	}
	if !seen["pod-start"] || !seen["pod-crash-start"] {
		t.Errorf("got the stages %v, without those that start a pod", seen)
	}
}
