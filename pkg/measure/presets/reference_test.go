// SPDX-License-Identifier: Apache-2.0

package presets_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/measure/presets"
)

var update = flag.Bool("update", false, "write the reference page")

const page = "../../../docs/measure.md"

func TestTheReferencePageIsCurrent(t *testing.T) {
	t.Parallel()
	want := presets.Reference()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run go test ./pkg/measure/presets -update: %s", diff)
	}
}
