// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// worst is the largest rollout that anybody could make: long, told in letters
// that take most room, and with pods that have much to say.
func worst(t *testing.T, second int) record.Rollout {
	t.Helper()
	long := strings.Repeat(`"\`+"\u2028é\x01", 400)
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprint(i, long))
	}
	memo := rollout.Memo{Started: at(second)}
	revision := record.Revision{Number: long, Hash: long, Images: many}
	var words record.Words
	for range 10 {
		words.Pods = append(words.Pods, record.Pod{Name: long, Ends: many, Events: many, Logs: []record.Log{{long, many}, {long, many}, {long, many}}})
	}
	words.LeftOut = many
	var journal record.Rollout
	for i := range 50 {
		s := rollout.Snapshot{Now: at(second), Memo: memo}
		s.Verdict.Evidence = long + "."
		reason := rollout.Reason(fmt.Sprint("Reason", i))
		facts := record.Facts{Stable: revision, Wanted: revision, Wrote: many}
		if i == 49 {
			facts.Words = &words
		}
		journal = record.Follow(journal, s, rollout.Decision{Reason: reason, Message: long, Memo: memo}, facts).Journal
	}
	return journal
}

func TestEverythingIsBounded(t *testing.T) {
	journal := worst(t, 0)
	if text := record.EncodeJournal(journal); len(text) > record.MostJournal || !utf8.ValidString(text) {
		t.Errorf("the journal has %d bytes, and may have %d", len(text), record.MostJournal)
	}
	var r record.Record
	for i := range 10 {
		r, _ = r.File([]record.Rollout{worst(t, i)})
	}
	text := r.Encode()
	if len(text) > record.MostBytes {
		t.Errorf("the record has %d bytes, and may have %d", len(text), record.MostBytes)
	}
	back, err := record.Decode(text)
	if err != nil || len(back.Rollouts) != 10 {
		t.Errorf("%d rollouts are left, %v", len(back.Rollouts), err)
	}
}

func TestTheMiddleIsLeftOutAndThatIsSaid(t *testing.T) {
	memo := rollout.Memo{Started: began}
	var journal record.Rollout
	for i := range 100 {
		s := rollout.Snapshot{Now: at(i), Memo: memo}
		journal = record.Follow(journal, s, rollout.Decision{Reason: rollout.Reason(fmt.Sprint("Reason", i)), Memo: memo}, record.Facts{}).Journal
	}
	omitted := 0
	for _, e := range journal.Entries {
		omitted += e.Omitted
	}
	if n := len(journal.Entries); n+omitted != 100 || n > 40 {
		t.Errorf("%d entries, and %d said to be left out", n, omitted)
	}
	if first, last := journal.Entries[0], journal.Entries[len(journal.Entries)-1]; first.Reason != "Reason0" || last.Reason != "Reason99" {
		t.Errorf("from %s to %s", first.Reason, last.Reason)
	}
	if e := journal.Entries[7]; e.Omitted == 0 {
		t.Errorf("the gap is not after the opening: %+v", journal.Entries)
	}
}

func TestCutKeepsWholeCharacters(t *testing.T) {
	for most := range 20 {
		for _, text := range []string{"plain and long enough", "ééééééééééééé", "日本語日本語日本語", "a\xffb and some more to be cut"} {
			got := record.Cut(text, most)
			if !utf8.ValidString(got) || len(got) > max(most, len("...")) {
				t.Errorf("%q cut to %d is %q", text, most, got)
			}
		}
	}
	if got := record.Cut("short", 5); got != "short" {
		t.Errorf("got %q", got)
	}
}

// say is a text as the record keeps it.
func say(text string) string {
	s := rollout.Snapshot{Now: began, Memo: rollout.Memo{Started: began}}
	return record.Follow(record.Rollout{}, s, rollout.Decision{Message: text, Memo: s.Memo}, record.Facts{}).Journal.Entries[0].Message
}

func TestCredentialsAreCutOut(t *testing.T) {
	for text, want := range map[string]string{
		`dial postgres://shop:hunter2@db:5432/shop failed`: `dial postgres://[removed]@db:5432/shop failed`,
		`Authorization: Bearer abcdef0123456789`:           `Authorization: [removed] [removed]`,
		`sent Bearer abcdef0123456789 upstream`:            `sent Bearer [removed] upstream`,
		`{"password": "hunter2", "user": "shop"}`:          `{"password": [removed], "user": "shop"}`,
		`DB_PASSWORD=hunter2 started`:                      `DB_PASSWORD=[removed] started`,
		`api-key: 12345`:                                   `api-key: [removed]`,
		`got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln`:    `got [removed]`,
		`key AKIAIOSFODNN7EXAMPLE used`:                    `key [removed] used`,
		`-----BEGIN RSA PRIVATE KEY----- MIIE`:             `[removed]`,
		`panic: cannot open /etc/shop.yaml`:                `panic: cannot open /etc/shop.yaml`,
		`secret "app-config" not found`:                    `secret "app-config" not found`,
		"a \x1b[31mred\x1b[0m\tlie\nof two":                `a  [31mred [0m lie of two`,
	} {
		if got := say(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
