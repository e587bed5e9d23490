// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// part is a row of entries that belong together: a step, or a wait in it.
type part struct {
	name    string
	entries []record.Entry
	nth     int // of that name, from 0
	start   time.Time
	end     time.Time
	ended   bool
	next    record.Entry // what ended it; zero: the end of the rollout
}

// parts divides a rollout into what becomes the spans below its root.
func parts(r record.Rollout) []part {
	rows := divide(r.Entries, partOf)
	if len(rows) == 0 {
		return nil
	}
	times(rows, r.Began, r.Ended, r.Outcome != "")
	return rows
}

// waits are the waits of a part. Moves between them have no span: they are
// events of the part.
func waits(p part) []part {
	rows := divide(p.entries, waitOf)
	times(rows, p.start, p.end, p.ended)
	return slices.DeleteFunc(rows, func(p part) bool { return p.name == "" })
}

// divide makes rows of entries of the same name.
func divide(entries []record.Entry, name func(record.Entry, string) string) (rows []part) {
	count := map[string]int{}
	last := ""
	for i, e := range entries {
		if n := name(e, last); i == 0 || n != last {
			rows = append(rows, part{name: n, nth: count[n]})
			count[n]++
			last = n
		}
		at := len(rows) - 1
		rows[at].entries = append(rows[at].entries, e)
	}
	return rows
}

// times gives rows their times: each lasts until the next begins, unless
// entries between them were left out.
func times(rows []part, start, end time.Time, ended bool) {
	for i := range rows {
		p := &rows[i]
		p.start, p.end, p.ended = later(start, p.entries[0].At), end, ended
		if i == 0 {
			p.start = start
		}
		if i+1 < len(rows) {
			last := p.entries[len(p.entries)-1]
			p.next, p.ended = rows[i+1].entries[0], true
			if p.end = p.next.At; last.Omitted > 0 {
				p.end = last.Until()
			}
		}
		p.end = later(p.start, p.end)
		start = p.start
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// omitted is how many entries the record left out within the part.
func (p part) omitted() (n int) {
	for _, e := range p.entries {
		n += e.Omitted
	}
	return n
}

// prepare is the name of what comes before the first weight.
const prepare = "prepare"

// partOf is the name of the part that an entry belongs to. What is told at rest
// ends the part before it.
func partOf(e record.Entry, before string) string {
	switch e.Phase {
	case rollout.Promoting:
		return "promote"
	case rollout.RollingBack:
		return "roll back"
	case rollout.Progressing, rollout.Paused:
		if e.Weight > 0 {
			return "step " + e.Weight.String()
		}
		return prepare
	case rollout.Idle, rollout.RolledBack:
	}
	if before == "" {
		return prepare
	}
	return before
}

// The waits. A reason that is in none of them is a move.
var waitNames = map[rollout.Reason]string{
	"CanaryNotAvailable": "wait for pods",
	"RatioNotReached":    "wait for pods",
	"NotObserved":        "wait for pods",
	"StableNotAvailable": "wait for pods",
	"StableRefilling":    "wait for pods",
	"CanaryDraining":     "wait for pods",
	"Refilling":          "wait for pods",
	"Promoting":          "wait for pods",
	"PromotionStuck":     "wait for pods",

	"Settling":       "settle",
	"RoutesSettling": "settle",
	"ProxiesLagging": "settle",
	"RoutesReverted": "settle",

	"Holding":              "hold",
	"ShareNotSeen":         "hold",
	"AnalysisInconclusive": "hold",

	"GateWaiting": "wait for gates",
	"GateFailed":  "wait for gates",
}

// waitOf is the name of the wait that an entry is; empty: it is a move.
func waitOf(e record.Entry, _ string) string {
	switch e.Phase {
	case rollout.Paused:
		return "pause"
	case rollout.Progressing, rollout.Promoting, rollout.RollingBack:
		// A gate that ends the rollout, and what condemns it, are moves.
		if e.Phase == rollout.RollingBack && e.Warning && e.Reason == "GateFailed" {
			return ""
		}
		return waitNames[e.Reason]
	case rollout.Idle, rollout.RolledBack:
	}
	return ""
}
