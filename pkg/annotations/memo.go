// SPDX-License-Identifier: Apache-2.0

package annotations

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// startOver is what a person types when a memo cannot be read.
const startOver = "to let the rollout start over at weight 0, type: kubectl annotate deployment NAME " + Rollout + "-"

// ReadMemo reads the value of the annotation Rollout. No value is the zero
// memo; one that cannot be read is an error and never the zero memo.
func ReadMemo(value string) (rollout.Memo, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return rollout.Memo{}, nil
	}
	var memo rollout.Memo
	err := errors.New("it is not a JSON object")
	if strings.HasPrefix(value, "{") {
		err = json.Unmarshal([]byte(value), &memo)
	}
	if err == nil {
		err = plausible(memo)
	}
	if err != nil {
		return rollout.Memo{}, fmt.Errorf("reading the memo in annotation %s: %w; %s", Rollout, err, startOver)
	}
	return inUTC(memo), nil
}

// plausible refuses numbers that no controller writes, before arithmetic with
// them moves traffic.
func plausible(memo rollout.Memo) error {
	for _, w := range []rollout.Weight{memo.Weight, memo.Passed} {
		if w < 0 || w > rollout.Full {
			return fmt.Errorf("weight %d is not between 0 and %d", w, rollout.Full)
		}
	}
	if memo.Size < 0 || memo.Lowered < 0 {
		return fmt.Errorf("a number of replicas is negative")
	}
	return nil
}

// WriteMemo writes the value of the annotation Rollout: the same memo gives the
// same text, whatever time zone its times carry.
func WriteMemo(memo rollout.Memo) string {
	memo = inUTC(memo)
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // people read it
	if err := encoder.Encode(memo); err != nil {
		panic(fmt.Sprintf("annotations: writing the memo: %v", err)) // unreachable: every field of a memo has a JSON form
	}
	return strings.TrimSpace(text.String())
}

func inUTC(memo rollout.Memo) rollout.Memo {
	memo.Started, memo.Since, memo.Bake = bounded(memo.Started), bounded(memo.Since), bounded(memo.Bake)
	return memo
}

// bounded gives the time in UTC and drops one that JSON cannot carry. Only a
// broken clock shows one, and a forgotten time starts a wait over, which is safe.
func bounded(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
