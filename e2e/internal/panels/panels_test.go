// SPDX-License-Identifier: Apache-2.0

package panels_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/panels"
)

const root = "../../.."

func TestVariablesAreReplacedAndOthersLeft(t *testing.T) {
	t.Parallel()
	q := panels.Question{Expr: `rate({__name__="${name}_bucket",a="$a",b="$ab"}[$__rate_interval])`}
	want := `rate({__name__="x_bucket",a="1",b="$ab"}[5m])`
	if got := q.With(map[string]string{"name": "x", "a": "1", "__rate_interval": "5m"}).Expr; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEveryKindOfQuestionIsFound(t *testing.T) {
	t.Parallel()
	all, err := panels.All(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, q := range all {
		names = append(names, q.String())
	}
	for _, want := range []string{"alerts.yaml: SerinAbsent", "fleet.json: Under way / A", "rollout.json: annotation Moves", "rollout.json: variable deployment"} {
		if !strings.Contains(strings.Join(names, "\n"), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if _, err := panels.All(t.TempDir()); err == nil {
		t.Error("files that are not there are no error")
	}
}

func TestADrawingIsXMLWithEveryTitle(t *testing.T) {
	t.Parallel()
	ask := func(string) []panels.Series {
		return []panels.Series{{Labels: map[string]string{"phase": "<Idle>"}, Values: []float64{1, math.NaN(), 0, 1}}, {}}
	}
	image, err := panels.Draw(filepath.Join(root, panels.Files, "dashboards", "rollout.json"), map[string]string{"check": "errors"}, ask)
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{"Weight", "Phases and reasons", "errors: its value against its limit"} {
		if !strings.Contains(image, ">"+title+"<") {
			t.Errorf("%q is not drawn", title)
		}
	}
	decoder := xml.NewDecoder(strings.NewReader(image))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
