// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"gotest.tools/v3/golden"
)

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
			golden.Assert(t, w.trace.String(), name+".txt", "the transcript changed; review it after make golden")
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
