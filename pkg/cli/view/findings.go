// SPDX-License-Identifier: Apache-2.0

package view

import (
	"strings"

	"github.com/serin-dev/serin/pkg/cli/model"
)

var levels = map[model.Level]tint{model.OK: good, model.Note: busy, model.Unknown: faint, model.Broken: bad}

// levelWidth is as wide as the longest level, with a space behind it.
const levelWidth = 8

// Findings draws what the doctor found, under one heading for each subject.
func (f Frame) Findings(findings []model.Finding) string {
	var b strings.Builder
	about := ""
	for _, finding := range findings {
		if finding.About != about {
			if about != "" {
				b.WriteByte('\n')
			}
			about = finding.About
			f.row(&b, f.paint(strong, about))
		}
		f.finding(&b, finding)
	}
	return b.String()
}

func (f Frame) finding(b *strings.Builder, finding model.Finding) {
	var text strings.Builder
	indent := strings.Repeat(" ", 2+levelWidth)
	f.prose(&text, indent, finding.Text)
	if finding.Do != "" {
		f.prose(&text, indent, "To do: "+finding.Do)
	}
	level := pad(f.paint(levels[finding.Level], string(finding.Level)), levelWidth)
	b.WriteString("  " + level + strings.TrimPrefix(text.String(), indent))
}
