// SPDX-License-Identifier: Apache-2.0

// Package background has things followed beside the loop, so that no reconcile
// waits for an answer from elsewhere.
//
// Its promises:
//
//   - Handing something over never waits, also before anybody serves.
//   - Serving ends with its context, after everything that it began has ended.
package background

import (
	"context"
	"sync"
)

// Pool follows things side by side, of which a few at a time hold a slot.
type Pool[T any] struct {
	begun chan struct{} // one token that is not taken yet is enough
	slots chan struct{}

	mu    sync.Mutex
	fresh []T // nobody follows them yet
}

// NewPool has as many slots as may be held at the same time.
func NewPool[T any](parallel int) *Pool[T] {
	return &Pool[T]{begun: make(chan struct{}, 1), slots: make(chan struct{}, parallel)}
}

// Add hands one thing over.
func (p *Pool[T]) Add(one T) {
	p.mu.Lock()
	p.fresh = append(p.fresh, one)
	p.mu.Unlock()
	select {
	case p.begun <- struct{}{}:
	default:
	}
}

// Serve follows each thing by itself until the context ends.
func (p *Pool[T]) Serve(ctx context.Context, follow func(context.Context, T)) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.begun:
		}
		p.mu.Lock()
		fresh := p.fresh
		p.fresh = nil
		p.mu.Unlock()
		for _, one := range fresh {
			all.Go(func() { follow(ctx, one) })
		}
	}
}

// Hold waits for a slot. Without one the context has ended.
func (p *Pool[T]) Hold(ctx context.Context) (release func(), held bool) {
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, true
	case <-ctx.Done():
		return nil, false
	}
}

// Until is a context that ends with its parent, and when over is closed; at once
// where it is closed already.
func Until(ctx context.Context, over <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	select {
	case <-over:
		cancel()
		return ctx, cancel
	default:
	}
	go func() {
		defer cancel()
		select {
		case <-over:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
