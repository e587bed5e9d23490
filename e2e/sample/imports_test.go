// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// giants would make the image some hundred megabytes.
var giants = regexp.MustCompile(`^(k8s\.io|sigs\.k8s\.io|istio\.io|go\.etcd\.io)/`)

func TestTheSampleLinksNoneOfTheGiants(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "github.com/serin-dev/serin/e2e/cmd/sample").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dependency := range strings.FieldsSeq(string(out)) {
		if giants.MatchString(dependency) {
			t.Errorf("the sample depends on %s", dependency)
		}
	}
}
