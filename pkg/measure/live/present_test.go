// SPDX-License-Identifier: Apache-2.0

//go:build integration

package live_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/source"
)

// presently expects what is counted up to now.
func presently(t *testing.T, p *prometheus, want measure.Traffic) {
	t.Helper()
	eventually(t, want.Preset+" counts right", func() string {
		got, err := present(t, p, "shop")
		if err != nil {
			return err.Error()
		}
		if got.Seconds <= 0 || got.Seconds > 60 || got.Over != 300 || len(got.Asked) != 1 {
			return fmt.Sprintf("%+v", got)
		}
		got.Seconds, got.Over, got.Asked = 0, 0, nil
		return cmp.Diff(want, got)
	})
}

func present(t *testing.T, p *prometheus, target string) (measure.Traffic, error) {
	t.Helper()
	asker, err := source.New(source.Config{Address: "http://" + p.address})
	if err != nil {
		t.Fatal(err)
	}
	s := presets.Subject{Namespace: "web", Target: target, Canary: target + "-canary", AnyStable: true}
	return measure.Present(t.Context(), asker, presets.All(presets.UsualLabels, presets.UsualHTTP), s, 5*time.Minute, time.Now())
}

// What users send now is counted exactly, whatever ReplicaSet the pods are of.
func TestPresent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pods(w)
	code := func(c string) string { return fmt.Sprintf(`http_requests_total{code=%q}`, c) }
	for _, pod := range []string{"stable", "canary", "admin", "other"} {
		w.add(pod, code("200"), 1000)
	}
	p := w.prometheus()
	presently(t, p, measure.Traffic{Preset: "http"}) // what they had counted before is nobody's
	w.add("stable", code("200"), 98)
	w.add("stable", code("500"), 2)
	w.add("other", code("200"), 50) // of another ReplicaSet of shop
	w.add("canary", code("502"), 10)
	w.add("admin", code("500"), 1000) // of the Deployment shop-canary-admin
	presently(t, p, measure.Traffic{Preset: "http", Requests: 160, Stable: 150, Bad: 2})
	got, err := present(t, p, "cart")
	if err != nil || got.Preset != "" || len(got.Asked) != 3 || !strings.HasPrefix(got.Asked[0], "istio: ") {
		t.Errorf("%+v, %v", got, err)
	}
}

// Requests that two proxies report are counted once.
func TestPresentInTheMesh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process("client", "")
	w.process("stable", ", pod: shop-5d9f-aaaaa")
	w.add("client", istio("source", "web", "shop", "200", ""), 1000)
	w.add("stable", istio("destination", "web", "shop", "200", ""), 990)
	p := w.prometheus()
	presently(t, p, measure.Traffic{Preset: "istio"})
	w.add("client", istio("source", "web", "shop", "200", ""), 30)
	w.add("client", istio("source", "web", "shop", "503", ""), 3)
	w.add("stable", istio("destination", "web", "shop", "200", ""), 30)
	presently(t, p, measure.Traffic{Preset: "istio", Requests: 33, Stable: 33, Bad: 3})
}
