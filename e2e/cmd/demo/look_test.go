// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"testing"
)

func TestTheSharesOfAVirtualServiceAreRead(t *testing.T) {
	for sentence, test := range map[string]struct {
		routes string
		want   string
		pairs  int
		whole  int
	}{
		"nothing is split":                 {`- route: [{destination: {host: shop}}]`, "-", 0, 1},
		"a pair of the only destination":   {`- route: [{destination: {host: shop, subset: serin-stable}, weight: 90}, {destination: {host: shop, subset: serin-canary}, weight: 10}]`, "10%", 1, 0},
		"a share finer than a percent":     {`- route: [{destination: {host: shop, subset: serin-stable}, weight: 995}, {destination: {host: shop, subset: serin-canary}, weight: 5}]`, "0.5%", 1, 0},
		"a pair with the canary in front":  {`- route: [{destination: {host: shop, subset: serin-canary}, weight: 10}, {destination: {host: shop, subset: serin-stable}, weight: 90}]`, "10%", 1, 0},
		"a pair beside another Service":    {`- route: [{destination: {host: shop, subset: serin-stable}, weight: 72}, {destination: {host: shop, subset: serin-canary}, weight: 8}, {destination: {host: legacy}, weight: 20}]`, "10%", 1, 1},
		"the canary has nothing yet":       {`- route: [{destination: {host: shop, subset: serin-stable}, weight: 100}, {destination: {host: shop, subset: serin-canary}, weight: 0}]`, "0%", 1, 0},
		"two routes that are not the same": {"- route: [{destination: {subset: serin-stable}, weight: 50}, {destination: {subset: serin-canary}, weight: 50}]\n  - route: [{destination: {subset: serin-stable}, weight: 90}, {destination: {subset: serin-canary}, weight: 10}]", "10%/50%", 2, 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			objects, err := decode(fmt.Appendf(nil, "apiVersion: networking.istio.io/v1\nkind: VirtualService\nspec:\n  http:\n  %s\n", test.routes))
			if err != nil {
				t.Fatal(err)
			}
			got := splitOf(objects[0])
			if got.String() != test.want || got.pairs != test.pairs || got.whole != test.whole {
				t.Errorf("%s in %d pairs beside %d destinations; want %s, %d, %d", got, got.pairs, got.whole, test.want, test.pairs, test.whole)
			}
		})
	}
}

func TestEveryLineCarriesThePrefix(t *testing.T) {
	var text bytes.Buffer
	out := newPaper(&text, true)
	out.say(plain, "one\ntwo")
	out.say(red, "red")
	for _, piece := range []string{"th", "ree\nfo", "ur\n"} {
		if _, err := out.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	want := "demo | one\ndemo | two\ndemo | \x1b[31mred\x1b[0m\ndemo | \x1b[2mthree\x1b[0m\ndemo | \x1b[2mfour\x1b[0m\n"
	if text.String() != want {
		t.Errorf("got %q, want %q", text.String(), want)
	}
}

func TestPassedKnowsTheOrder(t *testing.T) {
	seen := []string{"-", "0%", "10%", "5%", "50%"}
	if !passed(seen, "0%", "10%", "50%") || passed(seen, "10%", "0%") || passed(seen, "50%", "100%") {
		t.Error("the order was not known")
	}
}
