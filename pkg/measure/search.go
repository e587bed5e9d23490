// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"time"

	"github.com/serin-dev/serin/pkg/measure/presets"
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

func (f *found) next() time.Time { return f.searched.Add(f.question.Interval) }
func (f *found) known() known    { return known{} }

func (f *found) advance(ctx context.Context, ask Asker, now time.Time) error {
	q := f.question
	first, until := f.next(), grid(q.Since, q.Interval, now)
	if most := f.searched.Add(steps * q.Interval); most.Before(until) {
		until = most
	}
	earliest, unusable := until.Add(q.Interval), ""
	var chosen *presets.Preset
	for i := range f.presets {
		preset := &f.presets[i]
		if err := preset.Usable(q.Subject); err != nil {
			unusable = "; " + preset.Name + ": " + err.Error()
			continue
		}
		series, err := ask.Range(ctx, "group("+preset.Exists(q.Subject)+")", first, until, q.Interval)
		if err != nil {
			return err
		}
		if len(series) > 0 && len(series[0].Points) > 0 {
			if at := time.UnixMilli(series[0].Points[0].At); at.Before(earliest) {
				chosen, earliest = preset, at
			}
		}
	}
	f.preset, f.searched = chosen, until
	f.wrong = "there are no metrics of either version yet: no request was made, or nothing is scraped" + unusable
	return nil
}
