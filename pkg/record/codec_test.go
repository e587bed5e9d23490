// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/record"
)

// TestTheFormIsKept reads a record of version 1 as it was first written, and
// writes it byte for byte.
func TestTheFormIsKept(t *testing.T) {
	text, err := os.ReadFile("testdata/record-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Decode(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), r.Encode()+"\n"); diff != "" {
		t.Errorf("the form has changed (-first +now):\n%s", diff)
	}
}

func TestDecode(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		ok   bool
	}{
		"nothing":                 {"", true},
		"fields that are to come": {`{"version":1,"weather":"fine","rollouts":[{"began":"2026-05-04T12:00:00Z","crew":[1],"entries":[{"mood":"good"}]}]}`, true},
		"a later form":            {`{"version":2,"rollouts":[]}`, false},
		"no version":              {`{"rollouts":[]}`, false},
		"half of it":              {`{"version":1,"rollouts":[`, false},
		"something else":          {`[1,2]`, false},
	} {
		if _, err := record.Decode(test.text); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoJournalIsNoText(t *testing.T) {
	if text := record.EncodeJournal(record.Rollout{}); text != "" {
		t.Errorf("got %q", text)
	}
	if r, err := record.DecodeJournal(" "); err != nil || !r.Began.IsZero() {
		t.Errorf("got %+v, %v", r, err)
	}
}

func FuzzDecode(f *testing.F) {
	text, err := os.ReadFile("testdata/record-v1.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"version":1,"rollouts":[{"began":"9999-12-31T23:59:59-23:00","entries":[{"seconds":1e300,"omitted":-5}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := record.Decode(text)
		if err != nil {
			return
		}
		once := r.Encode()
		if len(once) > record.MostBytes {
			t.Fatalf("%d bytes", len(once))
		}
		again, err := record.Decode(once)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, once)
		}
		if twice := again.Encode(); twice != once {
			t.Errorf("written once\n%s\nand twice\n%s", once, twice)
		}
		filed, _ := r.File(again.Rollouts)
		if len(filed.Rollouts) > 10 {
			t.Errorf("%d rollouts", len(filed.Rollouts))
		}
	})
}

func FuzzDecodeJournal(f *testing.F) {
	f.Add(`{"began":"2026-05-04T12:00:00Z","entries":[{"at":"2026-05-04T12:00:00Z","phase":"Progressing","reason":"NewTemplate"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := record.DecodeJournal(text)
		if err != nil {
			return
		}
		if once := record.EncodeJournal(r); len(once) > record.MostJournal {
			t.Fatalf("%d bytes", len(once))
		}
	})
}
