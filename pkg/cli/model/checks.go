// SPDX-License-Identifier: Apache-2.0

package model

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/record"
)

// Check is the last that the journal of the rollout under way tells of a check.
type Check struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`   // when it was told
	Text string    `json:"text"` // what was measured, in the controller's words
	// Evidence is how strong the evidence against the canary was, each time that
	// it was told, the newest last, and Needed what fails it. Only comparisons have it.
	Evidence []float64 `json:"evidence,omitempty"`
	Needed   float64   `json:"needed,omitempty"`
}

// heading begins what is said of a check: see analysis.Judge.
var heading = regexp.MustCompile(`(?:^|; )(reported only: )?([a-z0-9](?:[-a-z0-9]*[a-z0-9])?): `)

// strength is a comparison's evidence, and what fails it.
var strength = regexp.MustCompile(`; evidence ([0-9.e+-]+) of the ([0-9.e+-]+) that fail it`)

// judge takes from the journal what was measured. Entries of another rollout
// than the memo's are not looked at.
func (r *Rollout) judge(journal string) {
	told, err := record.DecodeJournal(journal)
	if err != nil || told.Began.IsZero() || !told.Began.Equal(r.Started) {
		return
	}
	for _, entry := range told.Entries {
		text := entry.Evidence
		if text == "" && entry.Reason == "AnalysisFailed" { // whose message is the evidence
			text = entry.Message
		}
		r.told(text, entry.At)
	}
}

// told adds what one entry says, check by check.
func (r *Rollout) told(text string, at time.Time) {
	found := heading.FindAllStringSubmatchIndex(text, -1)
	for i, place := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		check := r.check(text[place[4]:place[5]])
		check.At, check.Text = at, oneLine(text[place[1]:end])
		if place[2] >= 0 {
			check.Text = strings.TrimSuffix(text[place[2]:place[3]], ": ") + ": " + check.Text
		}
		if s := strength.FindStringSubmatch(check.Text); s != nil {
			value, err := strconv.ParseFloat(s[1], 64)
			needed, failed := strconv.ParseFloat(s[2], 64)
			if err == nil && failed == nil {
				check.Evidence, check.Needed = append(check.Evidence, value), needed
			}
		}
	}
}

// check is the one of that name, in the order in which they were first told of.
func (r *Rollout) check(name string) *Check {
	for i := range r.Checks {
		if r.Checks[i].Name == name {
			return &r.Checks[i]
		}
	}
	r.Checks = append(r.Checks, Check{Name: name})
	return &r.Checks[len(r.Checks)-1]
}
