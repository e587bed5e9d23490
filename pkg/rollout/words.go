// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"strings"
	"time"
)

// means says in words how traffic is moved.
var means = map[Mode]string{
	Istio:    "Istio weights",
	Replicas: "the ratio of pods",
	Surge:    "the ratio of pods, beside a target whose size an autoscaler sets",
}

// count is a number of things: "1 canary pod", "2 canary pods".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func steps(p Plan) string {
	words := make([]string, 0, len(p.Steps))
	for _, step := range p.Steps {
		words = append(words, step.Weight.String())
	}
	return strings.Join(words, " → ")
}

// followed says what the start of the hold relies on.
func followed(s Snapshot) string {
	switch {
	case s.Memo.Mode != Istio:
		return ""
	case s.Routes.Asked:
		return "; istiod knows that every connected proxy follows"
	default:
		return fmt.Sprintf("; proxies are taken to follow within %s", s.Plan.Settle)
	}
}

// heldFor says how long the step that begins with the memo will be held.
func heldFor(s Snapshot, memo Memo) string {
	begun := Snapshot{Plan: s.Plan, Memo: memo}
	until := heldUntil(begun)
	switch {
	case current(begun).Pause || !until.After(s.Now):
		return ""
	case memo.Mode == Istio && s.Routes.Asked:
		return fmt.Sprintf(", held for %s once every proxy follows", current(begun).Hold)
	default:
		return ", held until " + until.UTC().Format(time.TimeOnly) + " UTC"
	}
}
