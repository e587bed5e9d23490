// SPDX-License-Identifier: Apache-2.0

package spelling_test

import (
	"strings"
	"testing"

	"github.com/serin-dev/serin/pkg/spelling"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"interval", "margin", "min"}
	for typed, want := range map[string]string{
		"intervall": "interval", "Interval": "interval", "marign": "margin", "mni": "min", "nim": "", "mim": "min", "colour": "", "": "", strings.Repeat("m", 65): "",
	} {
		if got := spelling.Nearest(typed, known); got != want {
			t.Errorf("%q: %q", typed, got)
		}
	}
}
