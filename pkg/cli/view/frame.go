// SPDX-License-Identifier: Apache-2.0

package view

import (
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"k8s.io/apimachinery/pkg/util/duration"
)

// Frame is what a view is drawn into.
type Frame struct {
	Now    time.Time
	Width  int    // in columns; 0: as wide as it takes
	Colour bool   // whether the reader sees colours
	Where  string // flags that lead a next command to the same place, with a space in front
}

// tint is a meaning that a colour repeats.
type tint int

const (
	plain tint = iota
	strong
	good
	busy
	bad
	faint
)

var styles = map[tint]lipgloss.Style{
	strong: lipgloss.NewStyle().Bold(true),
	good:   lipgloss.NewStyle().Foreground(lipgloss.Green),
	busy:   lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	bad:    lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	faint:  lipgloss.NewStyle().Faint(true),
}

func (f Frame) paint(t tint, text string) string {
	if !f.Colour || t == plain || text == "" {
		return text
	}
	return styles[t].Render(text)
}

// prose wraps a text, each line behind the indent.
func (f Frame) prose(b *strings.Builder, indent, text string) {
	if f.Width > len(indent) {
		text = ansi.Wrap(text, f.Width-len(indent), "")
	}
	for line := range strings.Lines(text) {
		b.WriteString(indent + strings.TrimRight(line, " \n") + "\n")
	}
}

// row is one line of a table, cut where it is too long.
func (f Frame) row(b *strings.Builder, line string) {
	line = strings.TrimRight(line, " ")
	if f.Width > 0 {
		line = ansi.Truncate(line, f.Width, "…")
	}
	b.WriteString(line + "\n")
}

// pad fills a cell up to a width, whatever colours it has.
func pad(cell string, width int) string {
	return cell + strings.Repeat(" ", max(0, width-ansi.StringWidth(cell)))
}

const gap = "   " // between two columns

// table draws rows with columns of even width.
func (f Frame) table(b *strings.Builder, indent string, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = pad(cell, widths[i])
		}
		f.row(b, indent+strings.Join(cells, gap))
	}
}

// ago is the time that has passed.
func (f Frame) ago(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return duration.HumanDuration(f.Now.Sub(t))
}
