// SPDX-License-Identifier: Apache-2.0

package annotations_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

func TestMemoReadsAsItIsWritten(t *testing.T) {
	moment := time.Date(2026, 3, 1, 12, 0, 30, 500_000_000, time.UTC)
	for name, test := range map[string]struct {
		memo rollout.Memo
		text string
	}{
		"the zero memo": {rollout.Memo{}, `{}`},
		"a rollout under way": {
			rollout.Memo{Stable: "6d4f", Started: moment, Mode: rollout.Istio, Service: "shop", Weight: 250, Since: moment, Bake: moment, Baked: true},
			`{"stable":"6d4f","started":"2026-03-01T12:00:30.5Z","mode":"istio","service":"shop","weight":250,"since":"2026-03-01T12:00:30.5Z","bake":"2026-03-01T12:00:30.5Z","baked":true}`,
		},
		"a message is for people to read": {
			rollout.Memo{Reason: rollout.CrashLoop, Message: `pod a & b: <"x">`},
			`{"reason":"CrashLoop","message":"pod a & b: <\"x\">"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if text := annotations.WriteMemo(test.memo); text != test.text {
				t.Errorf("written:\n got %s\nwant %s", text, test.text)
			}
			if memo, err := annotations.ReadMemo(test.text); err != nil || memo != test.memo {
				t.Errorf("read:\n got %+v, %v\nwant %+v", memo, err, test.memo)
			}
		})
	}
}

func TestMemoTimesAreWrittenInUTC(t *testing.T) {
	elsewhere := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("elsewhere", 5*3600))
	var memo rollout.Memo
	times := 0
	for _, field := range reflect.ValueOf(&memo).Elem().Fields() {
		if field.Type() == reflect.TypeFor[time.Time]() {
			field.Set(reflect.ValueOf(elsewhere))
			times++
		}
	}
	text := annotations.WriteMemo(memo)
	if strings.Count(text, `"2026-03-01T07:00:00Z"`) != times {
		t.Errorf("not every time is in UTC: %s", text)
	}
}

func TestMemoDropsATimeThatJSONCannotCarry(t *testing.T) {
	text := annotations.WriteMemo(rollout.Memo{Stable: "a", Since: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), Bake: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if text != `{"stable":"a"}` {
		t.Errorf("got %s", text)
	}
}

func TestReadMemo(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want rollout.Memo
	}{
		"no annotation":                       {"", rollout.Memo{}},
		"a blank one":                         {" \n", rollout.Memo{}},
		"fields of a newer version":           {`{"stable":"a","colour":{"of":["the","bird"]}}`, rollout.Memo{Stable: "a"}},
		"a memo of a Serin that knew no bake": {`{"weight":1000,"passed":1000}`, rollout.Memo{Weight: rollout.Full, Passed: rollout.Full}},
		"a time of another time zone":         {`{"since":"2026-03-01T12:00:00+05:00"}`, rollout.Memo{Since: time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC)}},
	} {
		t.Run(name, func(t *testing.T) {
			if memo, err := annotations.ReadMemo(test.text); err != nil || memo != test.want {
				t.Errorf("got %+v, %v", memo, err)
			}
		})
	}
}

func TestReadMemoRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a text cut short":          `{"stable":"a`,
		"a word":                    `hello`,
		"a null":                    `null`,
		"a list":                    `[]`,
		"two objects":               `{}{}`,
		"a weight above all":        `{"weight":1001}`,
		"a passed weight below 0":   `{"passed":-1}`,
		"a negative size":           `{"size":-1}`,
		"a weight in words":         `{"weight":"half"}`,
		"a time that is no time":    `{"since":"yesterday"}`,
		"a lowered size below zero": `{"lowered":-3}`,
	} {
		t.Run(name, func(t *testing.T) {
			memo, err := annotations.ReadMemo(text)
			if err == nil || memo != (rollout.Memo{}) {
				t.Fatalf("got %+v, %v", memo, err)
			}
			if !strings.Contains(err.Error(), "kubectl annotate deployment NAME serin.dev/rollout-") {
				t.Errorf("the error does not say what to type: %v", err)
			}
		})
	}
}
