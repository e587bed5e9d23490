// SPDX-License-Identifier: Apache-2.0

package view

import (
	"math"
	"strconv"
	"strings"

	"github.com/serin-dev/serin/pkg/cli/model"
)

func (f Frame) checks(b *strings.Builder, r model.Rollout) {
	if len(r.Checks) == 0 {
		return
	}
	b.WriteByte('\n')
	f.row(b, "Checks")
	for _, check := range r.Checks {
		line := "  " + f.paint(strong, check.Name) + ", " + f.ago(check.At) + " ago"
		if n := len(check.Evidence); n > 0 {
			last := check.Evidence[n-1]
			t := plain
			if last >= check.Needed {
				t = bad
			}
			line += ": evidence " + f.paint(t, short(last)+" of "+short(check.Needed))
			if n > 1 {
				line += "  " + spark(check)
			}
		}
		f.row(b, line)
		f.prose(b, "    ", check.Text)
	}
}

// mostSparks is how many values are drawn, the newest.
const mostSparks = 20

// spark draws how the evidence went, from 1, where it begins, to what fails the
// check. What is told is multiplied, so that logarithms are drawn.
func spark(check model.Check) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	var line strings.Builder
	for _, value := range check.Evidence[max(0, len(check.Evidence)-mostSparks):] {
		part := math.Log(max(value, 1)) / math.Log(max(check.Needed, 2))
		line.WriteRune(bars[int(min(max(part, 0), 1)*float64(len(bars)-1))])
	}
	return line.String()
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
