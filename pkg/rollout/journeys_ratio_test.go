// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// byPods is a rollout of v2 by the ratio of n pods, and what happens meanwhile.
func byPods(mode rollout.Mode, n int, ends ending, events ...event) journey {
	return journey{mode: mode, pods: n, events: append([]event{{at(0), push("v2")}}, events...), ends: ends}
}

func sized(e ending, n int) ending {
	e.pods = n
	return e
}

// putBack is somebody who insists on the target's size.
func putBack(w *world) {
	w.say("the size is put back to %d", w.size)
	w.target.replicas = w.size
	w.target.written()
}

// abortLate races with the end of the promotion. One who reads neither his own
// memo nor his own canary yet may take a pod too many for a moment.
func abortLate(w *world) {
	abort(w)
	w.disturb(15 * time.Second)
}

func lowered(w *world) bool { return w.target.replicas < w.size }

// refilling: the promoted target grows back.
func refilling(w *world) bool {
	r := w.target.find("v2")
	return w.memo.Promoting && w.target.replicas > 1 && w.target.replicas < w.size && r != nil && r.available(w.now) > 1
}

// ratioJourneys are whole rollouts by the ratio of pods.
func ratioJourneys() map[string]journey {
	const replace, surge = rollout.Replicas, rollout.Surge
	return map[string]journey{
		"ratio-of-4":                 byPods(replace, 4, promoted),
		"ratio-of-1":                 byPods(replace, 1, promoted),
		"ratio-of-2":                 byPods(replace, 2, promoted),
		"ratio-of-10":                byPods(replace, 10, promoted),
		"ratio-crashes":              byPods(replace, 4, undone).crashing("crash2"),
		"ratio-deadline":             byPods(replace, 4, undone).crashing("bad2"),
		"ratio-fails-at-50":          byPods(replace, 10, undone, event{weight(50), failing}),
		"ratio-abort-at-100":         byPods(replace, 4, undone, event{and(weight(100), lowered), abort}),
		"ratio-abort-in-promotion":   byPods(replace, 4, undone, event{promoting, abort}),
		"ratio-abort-late":           byPods(replace, 4, promoted, event{rolling, abortLate}).unless(undone),
		"ratio-abort-in-refill":      byPods(replace, 10, promoted, event{refilling, abort}),
		"ratio-superseded":           byPods(replace, 4, replaced, event{weight(50), push("v3")}),
		"ratio-superseded-promoting": byPods(replace, 10, replaced, event{promoting, push("v3")}),
		"ratio-superseded-refill":    byPods(replace, 10, replaced, event{refilling, push("v3")}),
		"ratio-reverted":             byPods(replace, 4, asBefore, event{weight(50), push("v1")}),
		"ratio-reverted-in-refill":   byPods(replace, 10, asBefore, event{refilling, push("v1")}),
		"ratio-scaled-up":            byPods(replace, 4, sized(promoted, 10), event{weight(50), scale(10)}),
		"ratio-scaled-down":          byPods(replace, 10, sized(promoted, 3), event{weight(50), scale(3)}),
		"ratio-scaled-in-promotion":  byPods(replace, 10, sized(promoted, 12), event{refilling, scale(12)}),
		"ratio-scaled-while-back":    byPods(replace, 10, sized(undone, 12), event{weight(50), abort}, event{after(1), scale(12)}),
		"ratio-scaled-to-zero":       byPods(replace, 4, promoted, event{weight(50), scale(0)}, event{after(40), scale(4)}),
		"ratio-put-back":             byPods(replace, 10, promoted, event{and(lowered, after(5)), putBack}),
		"ratio-opt-out":              byPods(replace, 4, promoted, event{weight(50), optOut}),
		"ratio-deleted":              byPods(replace, 4, ending{}, event{weight(50), remove}),
		"ratio-pods-lost":            byPods(replace, 10, promoted, event{weight(50), loseCanary(3)}),
		"ratio-canary-deleted":       byPods(replace, 4, promoted, event{weight(50), deleteCanary}),
		"ratio-canary-deleted-late":  byPods(replace, 4, promoted, event{promoting, deleteCanary}),
		"ratio-restarts":             byPods(replace, 10, promoted, event{weight(25), restart}, event{refilling, restart}),
		"ratio-steps-edited":         byPods(replace, 10, promoted, event{weight(50), steps(20, 70, 100)}),
		"ratio-stuck-then-heals":     byPods(replace, 4, promoted, event{promoting, fill}, event{after(40), free}),
		"ratio-degraded":             byPods(replace, 4, promoted).with(degrade(2)),
		"ratio-promote-full":         byPods(replace, 10, promoted, event{weight(5), promoteFull}),
		"ratio-armed":                byPods(replace, 4, promoted).with(armed),
		"surge":                      byPods(surge, 4, promoted),
		"surge-of-1":                 byPods(surge, 1, promoted),
		"surge-abort":                byPods(surge, 4, undone, event{weight(50), abort}),
		"surge-abort-in-promotion":   byPods(surge, 4, undone, event{rolling, abort}),
		"surge-scaled-up":            byPods(surge, 4, sized(promoted, 8), event{weight(50), scale(8)}),
		"surge-scaled-down":          byPods(surge, 8, sized(promoted, 3), event{weight(50), scale(3)}),
		"surge-scaled-in-promotion":  byPods(surge, 4, sized(promoted, 6), event{rolling, scale(6)}),
		"surge-superseded":           byPods(surge, 4, replaced, event{rolling, push("v3")}),
		"surge-canary-deleted":       byPods(surge, 4, promoted, event{promoting, deleteCanary}),
	}
}
