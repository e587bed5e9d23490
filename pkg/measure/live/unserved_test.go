// SPDX-License-Identifier: Apache-2.0

//go:build integration

package live_test

import (
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// The canary is scraped and counts nothing at all; the proxies of its clients find
// no endpoint. That fails it, and the evidence says who saw it.
func TestErrorsThatOnlyClientsSaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process("client", "")
	w.process("stable", ", pod: shop-5d9f-aaaaa")
	w.process("canary", ", pod: shop-canary-77b4-aaaaa")
	w.add("client", istio("source", "web", "shop", "200", ""), 1000)
	w.add("stable", istio("destination", "web", "shop", "200", ""), 1000)
	w.add("canary", "go_goroutines", 7)
	s := w.prometheus().study(errors)
	s.question.Weights = weights(s.question.Since, 0.25)
	s.settledAfterStart()
	policy := analysis.Policy{Alpha: 0.01, Interval: time.Second, Checks: []analysis.Check{errors}}
	eventually(t, "the canary fails", func() string {
		w.add("client", istio("source", "web", "shop", "200", ""), 75)
		w.add("stable", istio("destination", "web", "shop", "200", ""), 75)
		w.add("client", istio("source", "web", "unknown", "503", ""), 25)
		v := analysis.Judge(policy, s.now().Samples, time.Now())
		if v.Outcome != analysis.Failed {
			return v.Evidence
		}
		for _, word := range []string{"(100 %) to the canary failed", "found no endpoint, as their clients report"} {
			if !strings.Contains(v.Evidence, word) {
				t.Errorf("%q is not in %s", word, v.Evidence)
			}
		}
		return ""
	})
	for _, interval := range s.now().Traffic {
		if interval.Canary.Bad != interval.Canary.Total {
			t.Errorf("the canary answered a request: %+v", interval)
		}
	}
}
