// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"testing"

	"gotest.tools/v3/golden"

	"github.com/serin-dev/serin/pkg/checks"
)

func TestTheReferencePageIsCurrent(t *testing.T) {
	t.Parallel()
	golden.Assert(t, checks.Reference(), "../../../docs/checks.md", "run: make generate")
}

func TestTheExampleWorks(t *testing.T) {
	t.Parallel()
	if policy, problems := checks.Read(checks.Example, checks.Default()); len(policy.Checks) != 3 || len(problems) > 0 {
		t.Errorf("%d checks, %v", len(policy.Checks), problems)
	}
}
