// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// comparison is of what a proxy sees now and what it saw before.
type comparison struct {
	*testing.T
	*testCase
	proxy       string
	permille    int
	before, now *config
}

func (c comparison) compare() {
	c.Helper()
	c.compareTrees("routes", c.before.routes, c.now.routes)
	c.compareTrees("listeners", c.before.listeners, c.now.listeners)
	c.compareClusters()
	c.compareEndpoints()
}

// compareTrees joins what was split and expects what was there before.
func (c comparison) compareTrees(kind string, before, now map[string]any) {
	c.Helper()
	var was, found []pair
	want, got := c.joined(before, &was), c.joined(now, &found)
	if diff := cmp.Diff(pretty(want), pretty(got)); diff != "" {
		c.Errorf("%s: the %s are not the same but for the split (-before +now):\n%s", c.proxy, kind, diff)
	}
	undivided := 0
	for _, p := range found {
		if p.undivided {
			undivided++
			continue
		}
		// Weights beyond a million are rounded: less than a twentieth of a thousandth.
		if off := math.Abs(p.gets() - float64(c.permille)/1000); off > 0.00005 {
			c.Errorf("%s: in the %s the canary of %s has %d of %d", c.proxy, kind, p.whole, p.canary, p.stable+p.canary)
		}
	}
	if want := c.exceptions(); kind == "routes" && undivided != want && len(found) > 0 {
		c.Errorf("%s: %d of %d destinations are not divided, want %d: %v", c.proxy, undivided, len(found), want, found)
	}
}

// exceptions counts destinations of the Service that are not divided: problems.txt of the case tells the user.
func (c comparison) exceptions() int {
	switch {
	case c.name == "user-subsets", // a name too long to derive others from
		c.name == "weights-not-summing-to-100" && c.permille%1000 != 0, // weights too large to be divided
		c.name == "empty-http", // istiod's own route, as there is no rule
		c.name == "exported-to-some" && strings.Contains(c.proxy, "outlet"): // not for its eyes
		return 1
	default:
		return 0
	}
}

// compareClusters expects the clusters that were there, and derived ones that are like those that they derive from.
func (c comparison) compareClusters() {
	c.Helper()
	for name, was := range c.before.clusters {
		if diff := cmp.Diff(pretty(plainCluster(was)), pretty(plainCluster(c.now.clusters[name]))); diff != "" {
			c.Errorf("%s: cluster %s changed (-before +now):\n%s", c.proxy, name, diff)
		}
	}
	for name, is := range c.now.clusters {
		if _, old := c.before.clusters[name]; old {
			continue
		}
		whole, half := c.half(name)
		base, found := c.before.clusters[whole]
		if half == "" || !found {
			c.Errorf("%s: there is a new cluster %s", c.proxy, name)
			continue
		}
		derived := strings.NewReplacer(name, whole, sniOf(name), sniOf(whole)).Replace(pretty(plainCluster(is)))
		if diff := cmp.Diff(pretty(plainCluster(base)), derived); diff != "" {
			c.Errorf("%s: cluster %s is not like %s (-whole +derived):\n%s", c.proxy, name, whole, diff)
		}
	}
}

// sniOf is the server name that says the cluster to the other side's proxy: outbound_.80_.v1_.shop.web.svc.cluster.local.
func sniOf(cluster string) string { return strings.ReplaceAll(cluster, "|", "_.") }

// plainCluster leaves out what tells where a cluster comes from.
func plainCluster(cluster any) any {
	fields, ok := cluster.(map[string]any)
	if !ok {
		return cluster
	}
	return without(fields, "metadata")
}

// compareEndpoints expects, behind each half, the pods of the whole that are of its side; those of other Deployments stay.
func (c comparison) compareEndpoints() {
	c.Helper()
	for name, got := range c.now.endpoints {
		whole, half := c.half(name)
		want := c.before.endpoints[whole]
		if half != "" {
			want = c.side(want, half)
		}
		if !slices.Equal(got, want) {
			c.Errorf("%s: behind %s are %v, want %v", c.proxy, name, got, want)
		}
	}
}

// side is the part of a subset's pods that a half has: the stable ones of them, or the canary's, which takes their place.
func (c comparison) side(whole []string, half string) []string {
	var stable, canary []string
	for _, p := range c.before.endpoints[c.anyPort()] {
		switch {
		case strings.HasSuffix(p, ".1") || strings.HasSuffix(p, ".2"):
			stable = append(stable, p)
		case strings.HasSuffix(p, ".3"):
			canary = append(canary, p)
		}
	}
	stable = slices.DeleteFunc(stable, func(p string) bool { return !slices.Contains(whole, p) })
	switch {
	case len(stable) == 0:
		return whole // another Deployment's subset
	case half == "canary":
		return canary
	default:
		return stable
	}
}

// anyPort is a cluster of all the pods.
func (c comparison) anyPort() string {
	for _, name := range slices.Sorted(maps.Keys(c.before.endpoints)) {
		if t, _ := targetOf(name); t.host == c.host() && t.subset == "" {
			return name
		}
	}
	return ""
}
