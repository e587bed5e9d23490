// SPDX-License-Identifier: Apache-2.0

package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Encode writes the record. The same record gives the same bytes. The oldest
// rollouts go where it would be too large.
func (r Record) Encode() string {
	r.Version = Version
	text := encoded(r)
	for len(text) > MostBytes && len(r.Rollouts) > 0 {
		r.Rollouts = r.Rollouts[1:]
		text = encoded(r)
	}
	return text
}

// Decode reads a record. No text is an empty record; one that cannot be read is
// an error, and so is one of a form that this build does not know.
func Decode(text string) (Record, error) {
	var r Record
	if strings.TrimSpace(text) == "" {
		return Record{Version: Version}, nil
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Record{}, fmt.Errorf("reading the record: %w", err)
	}
	if r.Version < 1 || r.Version > Version {
		return Record{}, fmt.Errorf("reading the record: its form is version %d, and this build knows up to %d", r.Version, Version)
	}
	for i := range r.Rollouts {
		r.Rollouts[i] = r.Rollouts[i].plausible().bounded()
	}
	return r, nil
}

// EncodeJournal writes the rollout under way; no rollout is no text.
func EncodeJournal(r Rollout) string {
	if r.Began.IsZero() {
		return ""
	}
	text := encoded(r)
	for len(text) > MostJournal && len(r.Entries) > 2 {
		r.Entries = thinned(append([]Entry(nil), r.Entries...))
		text = encoded(r)
	}
	return text
}

// DecodeJournal reads what EncodeJournal wrote.
func DecodeJournal(text string) (Rollout, error) {
	var r Rollout
	if strings.TrimSpace(text) == "" {
		return r, nil
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Rollout{}, fmt.Errorf("reading the journal: %w", err)
	}
	return r.plausible().bounded(), nil
}

// plausible drops what only a hand or a broken clock writes, and JSON or a
// reader could not carry on.
func (r Rollout) plausible() Rollout {
	for _, t := range []*time.Time{&r.Began, &r.Ended} {
		*t = carried(*t)
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		e.At, e.Omitted, e.Weight = carried(e.At), max(0, e.Omitted), max(0, e.Weight)
		if e.Seconds < 0 || e.Seconds > longest.Seconds() {
			e.Seconds = 0
		}
	}
	return r
}

// longest is a year: no entry lasts that long.
const longest = 366 * 24 * time.Hour

// carried gives the time in UTC and drops one that JSON cannot carry.
func carried(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

func encoded(v any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // people read it
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("record: writing %T: %v", v, err)) // unreachable: every field has a JSON form
	}
	return strings.TrimSpace(text.String())
}

func size(v any) int { return len(encoded(v)) }
