// SPDX-License-Identifier: Apache-2.0

package background

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Handing over never waits, and each thing is followed once, also what was there
// before anybody served.
func TestEachThingIsFollowedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool, followed := NewPool[int](1), make(chan int, 3)
		pool.Add(1)
		pool.Add(2)
		ctx, end := context.WithCancel(t.Context())
		served := make(chan struct{})
		go func() {
			pool.Serve(ctx, func(ctx context.Context, one int) {
				followed <- one
				<-ctx.Done()
				time.Sleep(time.Second) // it takes its time to end
			})
			close(served)
		}()
		synctest.Wait()
		pool.Add(3)
		synctest.Wait()
		sum := 0
		for range 3 {
			sum += <-followed
		}
		if sum != 6 || len(followed) != 0 {
			t.Errorf("followed %d in sum, and %d more", sum, len(followed))
		}
		begun := time.Now()
		end()
		<-served
		if waited := time.Since(begun); waited != time.Second {
			t.Errorf("serving ended after %s, before everything that it began", waited)
		}
	})
}

func TestAsManyHoldASlotAsThereAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool[int](1)
		release, held := pool.Hold(t.Context())
		if !held {
			t.Fatal("the only slot is not free")
		}
		ctx, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		if _, held := pool.Hold(ctx); held {
			t.Error("a slot is held twice")
		}
		release()
		if _, held := pool.Hold(t.Context()); !held {
			t.Error("a slot that was given back is not free")
		}
	})
}

func TestUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		ctx, cancel := Until(t.Context(), over)
		defer cancel()
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("ended before its time")
		}
		close(over)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("goes on")
		}
		at, cancel := Until(t.Context(), over)
		defer cancel()
		if at.Err() == nil {
			t.Error("what is over already begins")
		}
		outer, end := context.WithCancel(t.Context())
		inner, cancel := Until(outer, make(chan struct{}))
		defer cancel()
		end()
		<-inner.Done()
	})
}
