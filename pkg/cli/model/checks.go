// SPDX-License-Identifier: Apache-2.0

package model

import (
	"regexp"
	"strconv"
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

// sentence is what a text says of one check.
type sentence struct {
	name, text string
	reported   bool // and does not act
}

// sentences takes a text apart, check by check.
func sentences(text string) []sentence {
	var all []sentence
	found := heading.FindAllStringSubmatchIndex(text, -1)
	for i, place := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		all = append(all, sentence{name: text[place[4]:place[5]], text: oneLine(text[place[1]:end]), reported: place[2] >= 0})
	}
	return all
}

// strength is a comparison's evidence, and what fails it.
func (s sentence) strength() (value, needed float64, compared bool) {
	found := strength.FindStringSubmatch(s.text)
	if found == nil {
		return 0, 0, false
	}
	value, err := strconv.ParseFloat(found[1], 64)
	needed, failed := strconv.ParseFloat(found[2], 64)
	return value, needed, err == nil && failed == nil
}

// judge takes from the journal what was measured. Entries of another rollout
// than the memo's are not looked at.
func (r *Rollout) judge(journal string) {
	told, err := record.DecodeJournal(journal)
	if err != nil || told.Began.IsZero() || !told.Began.Equal(r.Started) {
		return
	}
	for _, entry := range told.Entries {
		r.told(measured(entry), entry.At)
		r.Verdict = r.Verdict.after(entry)
	}
}

// measured is the evidence of an entry, which may be its message.
func measured(entry record.Entry) string {
	if entry.Evidence == "" && (entry.Reason == "AnalysisFailed" || entry.Reason == "AnalysisInconclusive") {
		return entry.Message
	}
	return entry.Evidence
}

// told adds what one entry says, check by check.
func (r *Rollout) told(text string, at time.Time) {
	for _, s := range sentences(text) {
		check := r.check(s.name)
		check.At, check.Text = at, s.text
		if s.reported {
			check.Text = "reported only: " + s.text
		}
		if value, needed, compared := s.strength(); compared {
			check.Evidence, check.Needed = append(check.Evidence, value), needed
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
