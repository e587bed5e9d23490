// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"cmp"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// State is the faults that are in force.
type State struct {
	exit func(code int)

	mu    sync.Mutex
	set   Set
	since time.Time
	end   *time.Timer // of the process; nil when it is to live
}

// NewState begins without faults. A crash calls exit.
func NewState(exit func(code int)) *State {
	return &State{exit: exit}
}

// Put replaces the faults; their durations count from now.
func (s *State) Put(set Set) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		s.end.Stop()
		s.end = nil
	}
	s.set, s.since = set, time.Now()
	switch {
	case set.CrashAfter > 0:
		s.end = time.AfterFunc(set.CrashAfter, func() { s.exit(cmp.Or(set.ExitCode, 1)) })
	case set.OOMAfter > 0:
		s.end = time.AfterFunc(set.OOMAfter, func() { s.exit(exhaust()) })
	}
}

// Get returns the faults.
func (s *State) Get() Set {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set
}

// Ready says whether the faults let the sample be ready now.
func (s *State) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := time.Since(s.since)
	return !s.set.NotReady && age >= s.set.SlowStart && (s.set.NotReadyAfter == 0 || age < s.set.NotReadyAfter)
}

// Draw casts the dice for one request: how long it is to take, and whether it fails then.
func (s *State) Draw() (latency time.Duration, fails bool) {
	set := s.Get()
	if set.Latency > 0 && rand.Float64() < cmp.Or(set.LatencyRate, 1) {
		latency = set.Latency
	}
	return latency, rand.Float64() < set.ErrorRate
}

const (
	block = 8 << 20
	most  = 1 << 30 // no sample is given that much; without a limit it must not take the machine down
	page  = 4 << 10
)

// notKilled is the exit code of a sample that had no memory limit to run into.
const notKilled = 77

// exhaust takes memory until the kernel ends the process.
func exhaust() int {
	var taken [][]byte
	for size := 0; size < most; size += block {
		memory := make([]byte, block)
		for i := 0; i < len(memory); i += page {
			memory[i] = 1 // only pages that were written to count
		}
		taken = append(taken, memory)
	}
	runtime.KeepAlive(taken)
	return notKilled
}
