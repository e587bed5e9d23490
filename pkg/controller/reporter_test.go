// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestALongNoteIsCutBetweenCharacters(t *testing.T) {
	for offset := range 3 { // an arrow is three bytes: the cut falls into each of them
		text := shortened(strings.Repeat(".", offset) + strings.Repeat("→", noteLimit))
		if len(text) > noteLimit || !utf8.ValidString(text) || !strings.HasSuffix(text, "...") {
			t.Errorf("a note of %d bytes, valid: %t, ends in %q", len(text), utf8.ValidString(text), text[len(text)-6:])
		}
	}
	if short := "→ short"; shortened(short) != short {
		t.Error("a short note was changed")
	}
}
