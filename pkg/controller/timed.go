// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/tally"
	"github.com/serin-dev/serin/pkg/metrics"
)

// timed tells metrics how Prometheus answers.
type timed struct {
	measure.Asker
	clock clock.PassiveClock
}

// Raw implements measure.Asker.
func (t timed) Raw(ctx context.Context, selector string, after, until time.Time) ([]tally.Series, error) {
	began := t.clock.Now()
	series, err := t.Asker.Raw(ctx, selector, after, until)
	t.count(ctx, began, err)
	return series, err
}

// Range implements measure.Asker.
func (t timed) Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]tally.Series, error) {
	began := t.clock.Now()
	series, err := t.Asker.Range(ctx, query, from, to, step)
	t.count(ctx, began, err)
	return series, err
}

// count leaves out a question that we took back: that is no fault of whom we asked.
func (t timed) count(ctx context.Context, began time.Time, err error) {
	if ctx.Err() == nil {
		metrics.Asked(t.clock.Since(began), err == nil)
	}
}
