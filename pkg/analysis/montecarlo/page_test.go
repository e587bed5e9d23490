// SPDX-License-Identifier: Apache-2.0

package montecarlo_test

import (
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"gotest.tools/v3/golden"
)

const (
	beginning = "<!-- measured: from here to the end written by make bench-analysis -->\n"
	docs      = "../../../../docs" // from testdata
)

// isCurrent compares the page and its plots with what was measured. Floating
// point differs between processors in the last digit, and that can decide a
// rollout: the page is that of amd64.
func isCurrent(t *testing.T, r results) {
	if slowdown > 1 || runtime.GOARCH != "amd64" {
		t.Skip("the page is written without the race detector, on amd64")
	}
	page := filepath.Join(docs, "analysis.md")
	written, _, found := strings.Cut(string(golden.Get(t, page)), beginning)
	if !found {
		t.Fatalf("%s has no measured part", page)
	}
	files := map[string]string{
		page: written + beginning + measured(r),
		filepath.Join(docs, "images", "analysis-false-rollbacks.svg"): falseRollbacks(r).svg(),
		filepath.Join(docs, "images", "analysis-detection.svg"):       timesToFind(r).svg(),
	}
	for path, want := range files {
		golden.Assert(t, want, path, "run: make bench-analysis")
	}
}

// measured is the page's second half: tables.
func measured(r results) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## Healthy canaries that are rolled back\n\nOf %d rollouts in each cell, in percent; α is 1 %%. Steps 5, 10, 25, 50, 100 %%, each held for one to three minutes; the canary is exactly as good as stable, "+
		"the margin is 1 (the hardest case: with a larger one there are fewer), and %s %% of requests fail where nothing else is said.\n\n", healthyRollouts, percent(baseRate))
	head(&b, "world", "allowed")
	for kind, row := range r.healthy {
		fmt.Fprintf(&b, "| %s | %s ", healthy[kind].name, percent(healthy[kind].allowed))
		for _, got := range row {
			fmt.Fprintf(&b, "| %s ", percent(got))
		}
		b.WriteString("|\n")
	}
	fmt.Fprintf(&b, "\nThe rivals' rules on the first %d of the same rollouts:\n\n", rivalsRollouts)
	head(&b, "world", "rule")
	for kind, byRate := range r.rivals {
		if !forRivals(kind) {
			continue
		}
		for n, rival := range rivals() {
			fmt.Fprintf(&b, "| %s | %s ", healthy[kind].name, rival.name)
			for _, row := range byRate {
				fmt.Fprintf(&b, "| %s ", percent(row[n]))
			}
			b.WriteString("|\n")
		}
	}
	b.WriteString("\n![False rollbacks by rule](images/analysis-false-rollbacks.svg)\n")
	detections(&b, r)
	return b.String()
}

func detections(b *strings.Builder, r results) {
	fmt.Fprintf(b, "\n## Bad canaries that are found\n\n%d rollouts in each cell: the canary has 10 %% of the requests for 20 minutes, stable fails %s %% of its own. "+
		"A cell is the part that was found, the median time, and the mean number of the canary's requests that failed until then (or in all 20 minutes). "+
		"Where fewer than half are found there is no median.\n\n", faultyRollouts, percent(baseRate))
	head(b, "failures", "rule")
	names := []string{"Serin, margin 1.5", "Serin, margin 1"}
	for _, rival := range rivals() {
		names = append(names, rival.name)
	}
	for kind, byRate := range r.faulty {
		for n, name := range names {
			fmt.Fprintf(b, "| %s | %s ", fault(faults[kind]), name)
			for _, row := range byRate {
				fmt.Fprintf(b, "| %s ", row[n])
			}
			b.WriteString("|\n")
		}
	}
	b.WriteString("\n![Time until a canary that fails ten times as often is found](images/analysis-detection.svg)\n")
}

func head(b *strings.Builder, columns ...string) {
	fmt.Fprintf(b, "| %s ", strings.Join(columns, " | "))
	for _, rate := range rates {
		fmt.Fprintf(b, "| %v/s ", rate)
	}
	fmt.Fprintf(b, "|\n|%s%s\n", strings.Repeat("---|", len(columns)), strings.Repeat("---:|", len(rates)))
}

func (f found) String() string {
	words := percent(f.part) + " %"
	if !math.IsInf(f.median, 1) {
		words += fmt.Sprintf(", %v s", f.median)
	}
	return words + ", " + strconv.FormatFloat(f.failed, 'f', map[bool]int{true: 1, false: 0}[f.failed < 10], 64)
}

func fault(factor float64) string {
	if math.IsInf(factor, 1) {
		return "all"
	}
	return fmt.Sprintf("%v×", factor)
}

// percent keeps two digits after the point below 10 %.
func percent(part float64) string {
	if part >= 0.0995 || part == 0 {
		return strconv.FormatFloat(100*part, 'f', 0, 64)
	}
	return strconv.FormatFloat(math.Round(1e4*part)/100, 'f', -1, 64)
}

func falseRollbacks(r results) plot {
	p := plot{title: "Healthy canaries rolled back, in percent, at 20 requests/s", scale: 100, unit: " %"}
	for kind := range healthy {
		if !forRivals(kind) {
			continue
		}
		bars := []float64{100 * r.healthy[kind][2]}
		for _, part := range r.rivals[kind][2] {
			bars = append(bars, 100*part)
		}
		p.groups, p.bars = append(p.groups, healthy[kind].name), append(p.bars, bars)
	}
	p.series = []string{"Serin"}
	for _, rival := range rivals() {
		p.series = append(p.series, rival.name)
	}
	return p
}

func timesToFind(r results) plot {
	p := plot{title: "Seconds until a canary that fails ten times as often is found (median of those within 20 minutes)", scale: 720, unit: " s"}
	for n, rate := range rates {
		var bars []float64
		for i, f := range r.faulty[2][n] {
			if i != 1 {
				bars = append(bars, f.median)
			}
		}
		p.groups, p.bars = append(p.groups, fmt.Sprintf("%v requests/s", rate)), append(p.bars, bars)
	}
	p.series = []string{"Serin, margin 1.5"}
	for _, rival := range rivals() {
		p.series = append(p.series, rival.name)
	}
	return p
}
