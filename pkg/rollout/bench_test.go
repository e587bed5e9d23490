// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/pkg/rollout"
)

func BenchmarkDecideAtRest(b *testing.B) {
	s := rest()
	b.ReportAllocs()
	for b.Loop() {
		rollout.Decide(s)
	}
}

func BenchmarkDecideWhileHolding(b *testing.B) {
	s := holding()
	b.ReportAllocs()
	for b.Loop() {
		rollout.Decide(s)
	}
}

func BenchmarkDecideAnything(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var all [1024]rollout.Snapshot
	for i := range all {
		all[i] = random(rnd)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		rollout.Decide(all[i%len(all)])
	}
}

func TestDecidingAtRestAllocatesNothing(t *testing.T) {
	s := rest()
	if n := testing.AllocsPerRun(100, func() { rollout.Decide(s) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
