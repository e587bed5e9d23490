// SPDX-License-Identifier: Apache-2.0

package presets_test

import (
	"testing"

	"gotest.tools/v3/golden"

	"github.com/serin-dev/serin/pkg/measure/presets"
)

func TestTheReferencePageIsCurrent(t *testing.T) {
	t.Parallel()
	golden.Assert(t, presets.Reference(), "../../../../docs/measure.md", "run: make generate")
}
