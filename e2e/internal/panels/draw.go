// SPDX-License-Identifier: Apache-2.0

package panels

import (
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"strings"
)

// Series is what a query found: a value for each of the times that were asked
// for, NaN where there is none.
type Series struct {
	Labels map[string]string
	Values []float64
}

// picture is what is drawn of a dashboard.
type picture struct {
	Title  string
	Panels []panel
}

type panel struct {
	Title, Type string
	GridPos     struct{ H, W, X, Y float64 }
	FieldConfig struct{ Defaults struct{ Unit string } }
	Options     struct{ TextMode string }
	Targets     []struct{ Expr, LegendFormat string }
}

// line is a series with its name.
type line struct {
	name   string
	values []float64
}

const (
	column = 50.0 // pixels of one column of Grafana's grid, and of one row
	row    = 26.0
)

var palette = []string{"#3274d9", "#e0752d", "#299c46", "#a352cc", "#c4162a", "#8f8f8f", "#0a7c8c", "#b8860b"}

// known are the colours of what has the same one everywhere.
var known = map[string]string{"stable": "#3274d9", "observed": "#3274d9", "canary": "#e0752d", "requests": "#e0752d", "wanted": "#8f8f8f", "Promoted": "#299c46", "RolledBack": "#c4162a"}

// Draw makes an SVG of a dashboard. It is plainer than Grafana's, and shows the
// same answers in the same places.
func Draw(file string, values map[string]string, ask func(expr string) []Series) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var p picture
	if err := json.Unmarshal(content, &p); err != nil {
		return "", fmt.Errorf("reading %s: %w", file, err)
	}
	height := 0.0
	var b strings.Builder
	for _, one := range p.Panels {
		height = max(height, one.GridPos.Y+one.GridPos.H)
		one.Title = Question{Expr: one.Title}.With(values).Expr
		var lines []line
		for _, target := range one.Targets {
			for _, series := range ask(Question{Expr: target.Expr}.With(values).Expr) {
				lines = append(lines, line{legend(target.LegendFormat, series.Labels), series.Values})
			}
		}
		one.draw(&b, lines)
	}
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"sans-serif\" font-size=\"10\">\n"+
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#f4f5f5\"/>\n%s</svg>\n", 24*column, height*row, b.String()), nil
}

func legend(format string, labels map[string]string) string {
	if format == "" {
		return strings.Trim(labels["deployment"]+" "+labels["phase"]+labels["reason"]+labels["check"]+" "+labels["outcome"]+labels["state"]+labels["bound"], " ")
	}
	for name, value := range labels {
		format = strings.ReplaceAll(format, "{{"+name+"}}", value)
	}
	return format
}

func (p panel) draw(b *strings.Builder, lines []line) {
	x, y, w, h := p.GridPos.X*column, p.GridPos.Y*row, p.GridPos.W*column, p.GridPos.H*row
	if p.Type == "row" {
		text(b, x+6, y+18, "font-size=\"13\" font-weight=\"bold\"", p.Title)
		return
	}
	fmt.Fprintf(b, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"#fff\" stroke=\"#ddd\"/>\n", x+2, y+2, w-4, h-4)
	text(b, x+8, y+15, "font-weight=\"bold\"", p.Title)
	switch p.Type {
	case "timeseries":
		p.graph(b, lines, x+44, y+24, w-54, h-56)
	case "state-timeline":
		p.timeline(b, lines, x+130, y+24, w-140, h-32)
	case "stat":
		p.numbers(b, lines, x+8, y+42, "font-size=\"16\"", 18)
	default:
		p.numbers(b, lines, x+8, y+34, "", 14)
	}
}

// graph draws lines from zero to the highest value.
func (p panel) graph(b *strings.Builder, lines []line, x, y, w, h float64) {
	top := 0.0
	for _, l := range lines {
		for _, v := range l.values {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				top = max(top, v)
			}
		}
	}
	top = max(top, 1e-9)
	for _, part := range []float64{0, 0.5, 1} {
		fmt.Fprintf(b, "<line x1=\"%g\" x2=\"%g\" y1=\"%g\" y2=\"%g\" stroke=\"#eee\"/>\n", x, x+w, y+h*(1-part), y+h*(1-part))
		text(b, x-4, y+h*(1-part)+3, "text-anchor=\"end\" fill=\"#777\"", p.amount(top*part))
	}
	at := x
	for i, l := range lines {
		colour := colourOf(i, l.name)
		fmt.Fprintf(b, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.3\"/>\n", path(l.values, top, x, y, w, h), colour)
		if at < x+w-40 {
			text(b, at, y+h+18, "fill=\""+colour+"\"", l.name)
		}
		at += float64(len(l.name))*5.6 + 14
	}
}

// path leaves out what is not there.
func path(values []float64, top, x, y, w, h float64) string {
	var d strings.Builder
	pen := "M"
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&d, "%s%.0f %.1f", pen, x+w*float64(i)/float64(max(1, len(values)-1)), y+h*(1-v/top))
		pen = "L"
	}
	return d.String()
}

// timeline draws a bar where a series is 1.
func (p panel) timeline(b *strings.Builder, lines []line, x, y, w, h float64) {
	height := h / float64(max(1, len(lines)))
	for i, l := range lines {
		text(b, x-4, y+height*(float64(i)+0.7), "text-anchor=\"end\"", l.name)
		step := w / float64(max(1, len(l.values)))
		from := -1
		for at := 0; at <= len(l.values); at++ {
			on := at < len(l.values) && l.values[at] == 1
			switch {
			case on && from < 0:
				from = at
			case !on && from >= 0:
				fmt.Fprintf(b, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.1f\" height=\"%.0f\" fill=\"%s\"/>\n", x+step*float64(from), y+height*float64(i)+1, step*float64(at-from), height-2, colourOf(i, l.name))
				from = -1
			}
		}
	}
}

// numbers writes the present value of each series that has one; of a table that
// is most of it.
func (p panel) numbers(b *strings.Builder, lines []line, x, y float64, style string, height float64) {
	bottom := (p.GridPos.Y + p.GridPos.H) * row
	for _, l := range lines {
		now := present(l.values)
		if math.IsNaN(now) || y > bottom-4 {
			continue
		}
		words := l.name
		if p.Options.TextMode != "name" && (now != 1 || p.Type != "table") {
			words += ": " + p.amount(now)
		}
		text(b, x, y, style, words)
		y += height
	}
}

// present is the newest of the last few values: the newest scrape may be missing.
func present(values []float64) float64 {
	for i := len(values) - 1; i >= max(0, len(values)-4); i-- {
		if !math.IsNaN(values[i]) {
			return values[i]
		}
	}
	return math.NaN()
}

func (p panel) amount(v float64) string {
	switch p.FieldConfig.Defaults.Unit {
	case "percentunit":
		return fmt.Sprintf("%.3g%%", 100*v)
	case "s":
		return fmt.Sprintf("%.3gs", v)
	case "bytes":
		return fmt.Sprintf("%.3gMB", v/1e6)
	case "reqps", "ops":
		return fmt.Sprintf("%.3g/s", v)
	default:
		return fmt.Sprintf("%.3g", v)
	}
}

func colourOf(i int, name string) string {
	if colour, found := known[name]; found {
		return colour
	}
	return palette[i%len(palette)]
}

func text(b *strings.Builder, x, y float64, style, words string) {
	fmt.Fprintf(b, "<text x=\"%.0f\" y=\"%.0f\" %s>%s</text>\n", x, y, style, html.EscapeString(words))
}
