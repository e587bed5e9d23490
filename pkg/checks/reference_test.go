// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/checks"
)

var update = flag.Bool("update", false, "write the reference page")

const page = "../../docs/checks.md"

func TestTheReferencePageIsCurrent(t *testing.T) {
	t.Parallel()
	want := checks.Reference()
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
		t.Errorf("run go test ./pkg/checks -update: %s", diff)
	}
}

func TestTheExampleWorks(t *testing.T) {
	t.Parallel()
	if policy, problems := checks.Read(checks.Example, checks.Default()); len(policy.Checks) != 3 || len(problems) > 0 {
		t.Errorf("%d checks, %v", len(policy.Checks), problems)
	}
}
