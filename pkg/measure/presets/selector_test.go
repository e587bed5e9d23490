// SPDX-License-Identifier: Apache-2.0

package presets_test

import (
	"regexp"
	"testing"

	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// What is selected together falls into what each selector selects by itself.
func TestSelectorsOfOneKindAreTogether(t *testing.T) {
	t.Parallel()
	cart := presets.Subject{Namespace: "web", Target: "cart", Canary: "cart-canary", Service: "cart.eu", StableHash: "66c8"}
	for i, labels := range []map[string]map[string]string{
		{"shop": {"destination_workload": "shop-canary", "le": "+Inf"}, "cart": {"destination_workload": "cart", "le": "0.5"},
			"nobody": {"destination_workload": "cart", "le": "+Inf2"}, "neither": {"destination_workload": "cart", "le": "25"}},
		{"shop": {"pod": "shop-5d9f7c-abcde", "le": "25.0"}, "cart": {"pod": "cart-canary-77b4-abcde", "le": "0.5"},
			"nobody": {"pod": "cart-5d9f7c-abcde", "le": "0.5"}, "neither": {"pod": "my-shop-5d9f7c-abcde", "le": "25"}},
	} {
		preset := presets.All(presets.UsualLabels, presets.UsualHTTP)[i]
		one, other := preset.Buckets(subject, tally.Neither, presets.Bounds(25)), preset.Buckets(cart, tally.Neither, presets.Bounds(0.5))
		if one.Kind() != other.Kind() || one.Kind() == preset.Counts(subject)[0].Kind() {
			t.Errorf("%s and %s are of two kinds, or all are of one", one.Kind(), other.Kind())
		}
		both := presets.Together([]presets.Selector{one, other})
		for whose, series := range labels {
			takes := map[string]bool{"shop": one.Takes()(series), "cart": other.Takes()(series)}
			if takes["shop"] != (whose == "shop") || takes["cart"] != (whose == "cart") || takes[whose] && !both.Takes()(series) {
				t.Errorf("%s: %v is taken by %v", preset.Name, series, takes)
			}
		}
	}
}

func TestTogetherIsWrittenOnce(t *testing.T) {
	t.Parallel()
	istio := presets.All(presets.UsualLabels, presets.UsualHTTP)[0]
	cart := presets.Subject{Namespace: "web", Target: "cart", Canary: "cart-canary", Service: "cart.eu"}
	both := presets.Together([]presets.Selector{istio.Counts(subject)[1], istio.Counts(cart)[1], istio.Counts(subject)[1]})
	want := `istio_requests_total{reporter=~"source|waypoint",destination_workload="unknown",destination_service_namespace="web",destination_service_name=~"cart\\.eu|shop"}`
	if both.String() != want {
		t.Errorf("got %s", both)
	}
	if !regexp.MustCompile(`^\w+\{.*,destination_service_name\}$`).MatchString(both.Kind()) {
		t.Errorf("the kind is %s", both.Kind())
	}
	if got := istio.Counts(subject)[1].String(); got == both.String() {
		t.Errorf("selecting together changed what one selects: %s", got)
	}
	abroad := cart
	abroad.Namespace = "eu"
	if istio.Exists(cart).Kind() == istio.Exists(abroad).Kind() {
		t.Error("two namespaces are of one kind")
	}
}
