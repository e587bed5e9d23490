// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

const (
	// gather is how long the first question of a kind waits for others. Rollouts
	// ask at the same instants, so that this is for their goroutines to wake up.
	gather = 100 * time.Millisecond

	// crowded is how many are asked for together at most: an answer may have so
	// many times the series that one rollout has, and their sum has a bound.
	crowded = 50

	// apart is for how long selectors are asked for one by one after the
	// question for all of them failed: one workload that has too many series, or
	// that takes Prometheus too long, is then nobody else's trouble.
	apart = 5 * time.Minute
)

// crowd asks for many rollouts: what is wanted of one kind, over the same time,
// is one question. Whoever gives up leaves the others their answer. The number
// of questions that are under way is that of the slots.
type crowd struct {
	ask   Asker
	clock clock.Clock
	hold  func(context.Context) (release func(), held bool)

	running sync.WaitGroup
	mu      sync.Mutex
	open    map[string]*batch
	single  map[string]time.Time // selectors that are asked for by themselves, and until when
}

// batch is one question, and who waits for its answer.
type batch struct {
	done   chan struct{} // closed when there is an answer
	series []tally.Series
	err    error

	// Guarded by the crowd.
	cancel  context.CancelFunc
	waiting int
	parts   map[string]presets.Selector
}

func newCrowd(ask Asker, c clock.Clock, hold func(context.Context) (func(), bool)) *crowd {
	return &crowd{ask: ask, clock: c, hold: hold, open: map[string]*batch{}, single: map[string]time.Time{}}
}

// asks is how a question is put, for all that are in it.
type asks func(ctx context.Context, ask Asker, all []presets.Selector) ([]tally.Series, error)

func (c *crowd) samples(ctx context.Context, s presets.Selector, after, until time.Time) ([]tally.Series, error) {
	over := fmt.Sprintf("samples %d %d ", after.UnixMilli(), until.UnixMilli())
	return c.together(ctx, over, s, func(ctx context.Context, ask Asker, all []presets.Selector) ([]tally.Series, error) {
		return ask.Raw(ctx, presets.Together(all).String(), after, until)
	})
}

func (c *crowd) exists(ctx context.Context, s presets.Selector, from, to time.Time, step time.Duration) ([]tally.Series, error) {
	over := fmt.Sprintf("exists %d %d %s ", from.UnixMilli(), to.UnixMilli(), step)
	return c.together(ctx, over, s, func(ctx context.Context, ask Asker, all []presets.Selector) ([]tally.Series, error) {
		if len(all) == 1 {
			return alone{ask}.exists(ctx, all[0], from, to, step)
		}
		return ask.Range(ctx, existing(presets.Together(all)), from, to, step)
	})
}

func (c *crowd) values(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]tally.Series, error) {
	over := fmt.Sprintf("values %d %d %s ", from.UnixMilli(), to.UnixMilli(), step)
	b := c.join(ctx, over+query, nil, func(ctx context.Context, ask Asker, _ []presets.Selector) ([]tally.Series, error) {
		return ask.Range(ctx, query, from, to, step)
	})
	if err := c.wait(ctx, b); err != nil {
		return nil, err
	}
	return b.series, b.err
}

// together asks for a selector with all others of its kind.
func (c *crowd) together(ctx context.Context, over string, s presets.Selector, how asks) ([]tally.Series, error) {
	kind := s.Kind()
	if c.isSingle(s) {
		kind = s.String()
	}
	b := c.join(ctx, over+kind, &s, how)
	if err := c.wait(ctx, b); err != nil {
		return nil, err
	}
	if b.err != nil {
		return nil, b.err
	}
	if len(b.parts) == 1 {
		return b.series, nil
	}
	takes, mine := s.Takes(), []tally.Series{}
	for _, series := range b.series {
		if takes(series.Labels) {
			mine = append(mine, series)
		}
	}
	return mine, nil
}

// join takes part in the question of a key that is not asked yet.
func (c *crowd) join(ctx context.Context, key string, s *presets.Selector, how asks) *batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.open[key]
	if b == nil || len(b.parts) >= crowded {
		b = &batch{done: make(chan struct{}), parts: map[string]presets.Selector{}}
		c.open[key] = b
		// It belongs to all who wait for it, and ends when the last of them gives up.
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		b.cancel = cancel
		c.running.Go(func() { c.run(ctx, key, b, how) })
	}
	b.waiting++
	if s != nil {
		b.parts[s.String()] = *s
	}
	return b
}

// wait waits for the answer. An error is that the context has ended.
func (c *crowd) wait(ctx context.Context, b *batch) error {
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if b.waiting--; b.waiting == 0 {
		b.cancel()
	}
	return fmt.Errorf("waiting for Prometheus: %w", ctx.Err())
}

// run lets others join until a slot is free, and asks.
func (c *crowd) run(ctx context.Context, key string, b *batch, how asks) {
	defer close(b.done)
	defer b.cancel()
	timer := c.clock.NewTimer(gather)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-ctx.Done():
	}
	release, held := c.hold(ctx)
	all := c.close(key, b)
	if !held {
		b.err = ctx.Err()
		return
	}
	defer release()
	if b.series, b.err = how(ctx, c.ask, all); b.err != nil && len(all) > 1 {
		c.part(all)
	}
}

// close lets nobody join any more.
func (c *crowd) close(key string, b *batch) []presets.Selector {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[key] == b {
		delete(c.open, key)
	}
	return slices.Collect(maps.Values(b.parts))
}

// part has selectors asked for by themselves for a while.
func (c *crowd) part(all []presets.Selector) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	maps.DeleteFunc(c.single, func(_ string, until time.Time) bool { return !until.After(now) })
	for _, s := range all {
		c.single[s.String()] = now.Add(apart)
	}
}

func (c *crowd) isSingle(s presets.Selector) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.single[s.String()].After(c.clock.Now())
}
