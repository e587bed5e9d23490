// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"

	"github.com/serin-dev/serin/pkg/observe"
)

func TestWhatIsToldOfARequestThatFails(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "virtualservices"}, "shop", errors.New("no"))
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "Deployment"}, "shop-canary", nil)
	for name, test := range map[string]struct {
		err     error
		lasting time.Duration
		want    string
	}{
		"a permission is missing, at once":  {forbidden, 0, "Warning Forbidden "},
		"it is missing for long":            {forbidden, time.Hour, "Warning Forbidden "},
		"a refusal for once":                {invalid, 0, ""},
		"until just before anybody is told": {invalid, persists - 1, ""},
		"a refusal that lasts":              {invalid, persists, "Warning RequestFailed "},
		"nobody answers, for as long":       {errors.New("connection refused"), persists, "Warning RequestFailed connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := events.NewFakeRecorder(1)
			Reporter{Events: recorder}.Refused(observe.World{Target: &appsv1.Deployment{}}, "StepPassed", test.err, test.lasting)
			close(recorder.Events)
			if told := <-recorder.Events; (told == "") != (test.want == "") || !strings.HasPrefix(told, test.want) {
				t.Errorf("told %q, want %q", told, test.want)
			}
		})
	}
}

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
