// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/serin-dev/serin/pkg/record"
)

// Together are the rollouts that ended and the one under way, the newest last.
// One that was filed already and is still in the journal is there once.
func Together(r record.Record, journal record.Rollout) []record.Rollout {
	all := r.Rollouts
	for _, one := range all {
		if one.Began.Equal(journal.Began) && !journal.Underway() {
			return all
		}
	}
	if journal.Began.IsZero() {
		return all
	}
	var others []record.Rollout
	for _, one := range all {
		if !one.Began.Equal(journal.Began) {
			others = append(others, one)
		}
	}
	return append(others, journal)
}

// most of the image is shown where the width is limited; explain has all of it.
const mostImage = 28

// History lists rollouts, the newest last, one line each. What says most comes
// first: a narrow terminal cuts off what comes last.
func History(f Frame, all []record.Rollout) string {
	rows := [][]string{{"N", "BEGAN (UTC)", "OUTCOME", "TOOK", "PEAK", "REVISION", "IMAGE", "WORST"}}
	for i, r := range all {
		image := images(r.To)
		if f.Width > 0 {
			image = clip(short(r.To), mostImage)
		}
		rows = append(rows, []string{
			strconv.Itoa(len(all) - i), stamp(r.Began), outcome(r), took(lasted(r, f.Now)), r.Peak().String(), number(r), image, Worst(r),
		})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(pad(cell, widths[i]) + "  ")
		}
		b.WriteString(clip(strings.TrimRight(line.String(), " "), f.Width) + "\n")
	}
	return b.String()
}

func number(r record.Rollout) string {
	if r.To.Number == "" {
		return "-"
	}
	return r.To.Number
}

func outcome(r record.Rollout) string {
	if r.Outcome == "" {
		return "UnderWay"
	}
	return string(r.Outcome)
}

// Worst is the worst that was seen of the canary: what it failed by or, where it
// did not fail, the last evidence that it was judged on.
func Worst(r record.Rollout) string {
	evidence := ""
	for _, e := range r.Entries {
		if e.Warning {
			return string(e.Reason) + ": " + e.Message
		}
		if e.Evidence != "" {
			evidence = e.Evidence
		}
	}
	return evidence
}
