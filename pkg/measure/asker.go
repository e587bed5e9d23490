// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// asker is who tracks ask: by selectors, so that what several rollouts want can
// be asked for together.
type asker interface {
	// samples is the samples of a selector after one instant up to another.
	samples(ctx context.Context, s presets.Selector, after, until time.Time) ([]tally.Series, error)
	// exists has a point for each step at which there is anything that a selector
	// selects, in one series or in several.
	exists(ctx context.Context, s presets.Selector, from, to time.Time, step time.Duration) ([]tally.Series, error)
	// values is the value of a query at each step from one instant to another.
	values(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]tally.Series, error)
}

// alone asks for one.
type alone struct{ Asker }

func (a alone) samples(ctx context.Context, s presets.Selector, after, until time.Time) ([]tally.Series, error) {
	return a.Raw(ctx, s.String(), after, until)
}

func (a alone) exists(ctx context.Context, s presets.Selector, from, to time.Time, step time.Duration) ([]tally.Series, error) {
	return a.Range(ctx, "group("+s.String()+")", from, to, step)
}

func (a alone) values(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]tally.Series, error) {
	return a.Range(ctx, query, from, to, step)
}

// existing asks which of some selectors' series exist, by the labels that they choose by.
func existing(s presets.Selector) string {
	return "group by (" + strings.Join(s.Labels(), ",") + ") (" + s.String() + ")"
}
