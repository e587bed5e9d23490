// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the transcripts and docs/reasons.md anew")

// journeys are all of them, anew: events keep state.
func journeys() map[string]journey {
	all := meshJourneys()
	maps.Copy(all, ratioJourneys())
	maps.Copy(all, gateJourneys())
	maps.Copy(all, bakeJourneys())
	return all
}

func TestTranscripts(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(journeys())) {
		t.Run(name, func(t *testing.T) {
			w := journeys()[name].run(t, nil)
			golden(t, name, w.trace.String())
		})
	}
}

func TestEveryTranscriptBelongsToAJourney(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".txt")])
		if _, found := journeys()[name]; !found {
			t.Errorf("%s belongs to no journey", file)
		}
	}
}

// golden compares with a reviewed file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the transcript changed; review it after go test -update (-want +got):\n%s", diff)
	}
}
