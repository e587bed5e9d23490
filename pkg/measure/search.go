// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"time"

	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// found finds the first instant of the grid at which there are metrics of some
// preset, and takes the first preset that has some then.
type found struct {
	question Question
	presets  []presets.Preset
	searched time.Time // up to when there was none
	preset   *presets.Preset
	wrong    string // why there is none
}

func (f *found) next() time.Time { return tally.After(f.searched, f.question.Interval) }
func (f *found) known() known    { return known{} }

func (f *found) advance(ctx context.Context, ask asker, now time.Time) error {
	q := f.question
	first, until := f.next(), tally.Floor(now, q.Interval)
	if until.Before(first) {
		return nil
	}
	if most := first.Add((steps - 1) * q.Interval); most.Before(until) {
		until = most
	}
	earliest, unusable := until.Add(q.Interval).UnixMilli(), ""
	var chosen *presets.Preset
	for i := range f.presets {
		preset := &f.presets[i]
		if err := preset.Usable(q.Subject); err != nil {
			unusable = "; " + preset.Name + ": " + err.Error()
			continue
		}
		series, err := ask.exists(ctx, preset.Exists(q.Subject), first, until, q.Interval)
		if err != nil {
			return err
		}
		for _, s := range series {
			if len(s.Points) > 0 && s.Points[0].At < earliest {
				chosen, earliest = preset, s.Points[0].At
			}
		}
	}
	f.preset, f.searched = chosen, until
	f.wrong = "there are no metrics of either version yet: no request was made, or nothing is scraped" + unusable
	return nil
}
