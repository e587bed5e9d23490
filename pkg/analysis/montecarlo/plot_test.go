// SPDX-License-Identifier: Apache-2.0

package montecarlo_test

import (
	"fmt"
	"math"
	"strings"
)

// plot is a chart of groups of lying bars: words need no turning, and each bar
// has its number beside it.
type plot struct {
	title  string
	series []string    // the bars of each group, first to last
	groups []string    // from top to bottom
	bars   [][]float64 // by group and series; infinite where there is none
	scale  float64     // the value of the longest bar that is drawn
	unit   string
}

var colours = []string{"#0b6e4f", "#8d99ae", "#b8a9c9", "#d9ae94", "#c9c9a9"}

const (
	plotWidth = 820
	labels    = 190 // width of the groups' names
	barHeight = 13
	groupGap  = 14
	top       = 62
)

func (p plot) svg() string {
	var b strings.Builder
	group := len(p.series)*barHeight + groupGap
	height := top + len(p.groups)*group + 6
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">\n", plotWidth, height)
	fmt.Fprintf(&b, "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n<text x=\"8\" y=\"20\" font-size=\"14\">%s</text>\n", p.title)
	for i, name := range p.series {
		x := 8 + i*150
		fmt.Fprintf(&b, "<rect x=\"%d\" y=\"32\" width=\"11\" height=\"11\" fill=\"%s\"/><text x=\"%d\" y=\"42\">%s</text>\n", x, colours[i], x+16, name)
	}
	for g, name := range p.groups {
		y := top + g*group
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", labels-8, y+len(p.series)*barHeight/2+4, name)
		for s, value := range p.bars[g] {
			p.bar(&b, y+s*barHeight, value, colours[s])
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (p plot) bar(b *strings.Builder, y int, value float64, colour string) {
	words := "not found in half of them"
	length := 0.0
	if !math.IsInf(value, 1) {
		words = fmt.Sprintf("%.4g%s", value, p.unit)
		length = math.Min(1, value/p.scale) * (plotWidth - labels - 150)
	}
	fmt.Fprintf(b, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/><text x=\"%.1f\" y=\"%d\" font-size=\"10\">%s</text>\n",
		labels, y, length+1, barHeight-2, colour, labels+length+5, y+barHeight-3, words)
}
