// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// describe says in words where istiod sends requests to the Service of each case.
func describe(cases []*testCase, seen views) string {
	var text strings.Builder
	for _, tc := range cases {
		fmt.Fprintf(&text, "%s\n", tc.name)
		for _, proxy := range slices.Sorted(maps.Keys(seen[tc.name])) {
			fmt.Fprintf(&text, "  %s\n", tc.plain(proxy))
			lines := slices.Concat(tc.httpLines(seen[tc.name][proxy]), tc.tcpLines(seen[tc.name][proxy]))
			if len(lines) == 0 {
				lines = []string{"nothing leads to the Service"}
			}
			for _, line := range lines {
				fmt.Fprintf(&text, "    %s\n", tc.plain(line))
			}
		}
	}
	return text.String()
}

func (tc *testCase) httpLines(c *config) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(c.routes)) {
		hosts, _ := c.routes[name].(map[string]any)["virtualHosts"].([]any)
		for _, raw := range hosts {
			host := raw.(map[string]any)
			routes, _ := host["routes"].([]any)
			for i, raw := range routes {
				action, _ := raw.(map[string]any)["route"].(map[string]any)
				if shares := tc.shares(action); shares != "" {
					lines = append(lines, fmt.Sprintf("%s %v [%d]: %s", name, host["name"], i, shares))
				}
			}
		}
	}
	return lines
}

func (tc *testCase) tcpLines(c *config) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(c.listeners)) {
		each(c.listeners[name], func(fields map[string]any) {
			_, port, _ := strings.Cut(name, "_") // the address is another every time
			if shares := tc.shares(fields); shares != "" && fields["statPrefix"] != nil {
				lines = append(lines, fmt.Sprintf("listener %s: %s", port, shares))
			}
		})
	}
	slices.Sort(lines)
	return lines
}

// shares are the clusters that an action chooses between, in percent; empty if none is of the Service.
func (tc *testCase) shares(action map[string]any) string {
	if name, ok := action["cluster"].(string); ok && strings.Contains(strings.ToLower(name), "|shop.web-"+tc.name) {
		return "all to " + name
	}
	weighted, _ := action["weightedClusters"].(map[string]any)
	list, _ := weighted["clusters"].([]any)
	if !strings.Contains(strings.ToLower(textOf(list)), "|shop.web-"+tc.name) {
		return ""
	}
	var total int64
	for _, raw := range list {
		total += weightOf(raw.(map[string]any))
	}
	parts := make([]string, 0, len(list))
	for _, raw := range list {
		entry := raw.(map[string]any)
		parts = append(parts, fmt.Sprintf("%.6g %% to %v", float64(weightOf(entry))*100/float64(total), entry["name"]))
	}
	return strings.Join(parts, ", ")
}
