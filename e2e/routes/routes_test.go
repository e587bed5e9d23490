// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/golden"
)

// views are what the proxies of each case see at one time.
type views map[string]map[string]*config // by case and proxy

// look asks for each proxy of each case; what is of other cases is left out.
func (c *cluster) look(t *testing.T, cases []*testCase) views {
	t.Helper()
	seen, lock := views{}, sync.Mutex{}
	all(t, cases, func(ctx context.Context, _ int, tc *testCase) error {
		found := map[string]*config{}
		for _, proxy := range tc.clients {
			got, err := proxy.ask(ctx, c.IstiodGRPC, tc.mentions)
			if err != nil {
				return fmt.Errorf("%s: %w", proxy, err)
			}
			found[proxy.String()] = tc.relevant(got)
		}
		lock.Lock()
		defer lock.Unlock()
		seen[tc.name] = found
		return nil
	})
	return seen
}

func TestIstiodMakesOfTheCorpusWhatWasMeant(t *testing.T) {
	cases := readCorpus(t)
	if err := shared.raiseSentinel(t.Context()); err != nil {
		t.Fatal(err)
	}
	all(t, cases, shared.build)
	shared.settle(t, 1)
	all(t, cases, shared.served)
	before := shared.look(t, cases)

	for i, s := range stages {
		all(t, cases, func(ctx context.Context, _ int, tc *testCase) error { return shared.put(ctx, tc.written[s.name]...) })
		shared.settle(t, 2+i)
		now := shared.look(t, cases)
		for _, tc := range cases {
			t.Run(tc.name+" "+s.name, func(t *testing.T) {
				for _, proxy := range slices.Sorted(maps.Keys(now[tc.name])) {
					view := comparison{T: t, testCase: tc, proxy: proxy, permille: s.permille, before: before[tc.name][proxy], now: now[tc.name][proxy]}
					view.compare()
				}
			})
		}
		if s.permille == 333 {
			golden.Assert(t, describe(cases, now), "at-333.txt")
		}
	}

	all(t, cases, func(ctx context.Context, _ int, tc *testCase) error {
		if err := shared.put(ctx, tc.restored...); err != nil {
			return err
		}
		return shared.removeOurs(ctx, tc.written[stages[0].name]...)
	})
	shared.settle(t, 2+len(stages))
	after := shared.look(t, cases)
	for _, tc := range cases {
		t.Run(tc.name+" restored", func(t *testing.T) {
			for proxy, was := range before[tc.name] {
				if diff := cmp.Diff(was.text(), after[tc.name][proxy].text()); diff != "" {
					t.Errorf("%s sees something else than before (-before +after):\n%s", proxy, diff)
				}
			}
		})
	}
}

// served waits until the pods of the case are endpoints.
func (c *cluster) served(ctx context.Context, n int, tc *testCase) error {
	var want []string
	for i := range pods {
		want = append(want, address(n, i))
	}
	return until(ctx, func() error {
		got, err := tc.clients[0].ask(ctx, c.IstiodGRPC, tc.mentions)
		if err != nil {
			return err
		}
		return tc.missing(got, want)
	})
}

func (tc *testCase) missing(got *config, want []string) error {
	found := 0
	for name, addresses := range got.endpoints {
		if t, _ := targetOf(name); t.host == tc.host() && t.subset == "" && t.direction == "outbound" {
			found++
			if !slices.Equal(addresses, want) {
				return fmt.Errorf("the endpoints of %s are %v, want %v", name, addresses, want)
			}
		}
	}
	if found == 0 {
		return fmt.Errorf("there is no cluster of %s", tc.host())
	}
	return nil
}

// relevant leaves out what is about other cases.
func (tc *testCase) relevant(got *config) *config {
	for name, raw := range got.routes {
		fields := raw.(map[string]any)
		hosts, _ := fields["virtualHosts"].([]any)
		hosts = slices.DeleteFunc(hosts, func(host any) bool { return !tc.mentions(textOf(host)) })
		fields["virtualHosts"] = hosts
		if len(hosts) == 0 {
			delete(got.routes, name)
		}
	}
	for name, raw := range got.listeners {
		fields := raw.(map[string]any)
		chains, _ := fields["filterChains"].([]any)
		fields["filterChains"] = slices.DeleteFunc(chains, func(chain any) bool { return !tc.mentions(textOf(chain)) })
		if !tc.mentions(textOf(fields)) {
			delete(got.listeners, name)
		}
	}
	return got
}

func textOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// pretty is JSON with a line for each value, in one order.
func pretty(value any) string {
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// text is all of a configuration.
func (c *config) text() string {
	return pretty([]any{c.clusters, c.endpoints, c.listeners, c.routes})
}
