// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"fmt"
	"strings"

	"github.com/serin-dev/serin/pkg/rollout"
)

// What must hold at every instant, whoever acts in whatever order.

func (w *world) wrong(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("after %s: %s\n%s", w.now.Sub(epoch), fmt.Sprintf(format, args...), w.trace.String())
}

func (w *world) calm() bool { return !w.now.Before(w.disturbed) && !w.gone && w.size > 0 && !w.quota }

// check looks at traffic as each proxy sends it.
func (w *world) check() {
	w.t.Helper()
	if w.target.replicas == 0 && !w.gone && w.size > 0 {
		w.wrong("the target was scaled to zero")
	}
	for _, part := range proxies {
		if m := w.view(part); m.split {
			w.checkSplit(m)
		} else {
			w.checkWhole()
		}
	}
	w.checkTemplates()
}

func (w *world) canaryAvailable() int {
	if w.canary == nil {
		return 0
	}
	n := w.canary.available(w.now)
	if strings.HasPrefix(w.canary.template, "crash") {
		n = 0
	}
	return n
}

func (w *world) checkSplit(m mesh) {
	w.t.Helper()
	if m.subsets == "" {
		if !w.now.Before(w.unnamed) {
			w.wrong("routes name subsets that are not there")
		}
		return
	}
	if need := rollout.Carry(m.weight, w.size); w.calm() && w.canaryAvailable() < need {
		w.wrong("the canary has %d available pods for %s, and needs %d", w.canaryAvailable(), m.weight, need)
	}
	stable := 0
	if r := w.target.find(m.subsets); r != nil {
		stable = r.available(w.now)
	}
	if need := rollout.Carry(rollout.Full-m.weight, w.size); w.calm() && !w.sick && stable < need {
		w.wrong("stable has %d available pods for %s, and needs %d", stable, rollout.Full-m.weight, need)
	}
}

// checkWhole: traffic goes to every pod of the Service.
func (w *world) checkWhole() {
	w.t.Helper()
	if all := w.target.available(w.now) + w.canaryAvailable(); w.calm() && !w.sick && all < w.size {
		w.wrong("%d pods are available, and %d were at the start", all, w.size)
	}
	if w.memo.Mode == rollout.Istio && !w.memo.Promoting && w.memo.Ending != rollout.Finished && w.canaryAvailable() > 0 && w.calm() {
		w.wrong("canary pods serve although no route names them")
	}
}

// checkTemplates: nothing runs in the target that was not judged.
func (w *world) checkTemplates() {
	w.t.Helper()
	weight := w.memo.Weight
	if w.memo.Mode == rollout.Istio {
		weight = w.mesh.weight
	}
	if weight == rollout.Full && w.memo.Ending == "" && !w.memo.Promoting && w.canaryAvailable() > 0 {
		w.judged = w.canary.template
	}
	for _, r := range w.target.sets {
		if !w.rogue && w.optedIn && r.desired > 0 && r.template != "v1" && r.template != w.judged && r.template != w.memo.Stable {
			w.wrong("the target runs %s, which was not judged", r.template)
		}
	}
}

// let notes that the target was let go onto a template.
func (w *world) let(template string) {
	w.t.Helper()
	if w.optedIn && !w.rogue && template != w.judged && template != w.memo.Stable {
		w.wrong("the target was let go onto %s, which was not judged", template)
	}
}

// grows: the canary's weight is about to grow.
func (w *world) grows(to rollout.Weight) {
	w.t.Helper()
	if w.calm() && w.canaryAvailable() < rollout.Carry(to, w.target.replicas) {
		w.wrong("weight grows to %s with %d canary pods", to, w.canaryAvailable())
	}
}

// shrinks: canary pods are about to be taken away.
func (w *world) shrinks(to int) {
	w.t.Helper()
	for _, part := range proxies {
		m := w.view(part)
		if m.split && w.calm() && rollout.Carry(m.weight, w.size) > to {
			w.wrong("the canary shrinks to %d while a proxy sends it %s", to, m.weight)
		}
	}
}
