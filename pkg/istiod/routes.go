// SPDX-License-Identifier: Apache-2.0

package istiod

import (
	"strings"

	"github.com/serin-dev/serin/pkg/traffic"
)

// Want is what the routes to a Service are to be, in all proxies.
type Want struct {
	Host     string // the Service's full name
	Split    bool   // the routes name our subsets
	Permille int    // the canary's share where they do, tenths of a percent
	Listener bool   // tcp or tls rules are split too, which listeners carry
	Print    string // changes whenever the routes do
}

// shows is what the configuration of one proxy says of a Service.
type shows struct {
	host    bool // it can reach the Service at all
	ours    bool // a route names our subsets
	another bool // a route gives the canary another share than is wanted
}

// read walks the routes in a config dump. Both kinds of weighted clusters, of
// http routes and of tcp proxies, have one form.
func read(tree any, want Want) (found shows) {
	switch node := tree.(type) {
	case []any:
		for _, child := range node {
			found.add(read(child, want))
		}
	case map[string]any:
		if weighted, ok := node["weightedClusters"].(map[string]any); ok {
			found.add(share(weighted["clusters"], want))
		}
		if name, ok := node["cluster"].(string); ok {
			found.add(share([]any{map[string]any{"name": name, "weight": 1.0}}, want))
		}
		for _, child := range node {
			found.add(read(child, want))
		}
	}
	return found
}

func (s *shows) add(other shows) {
	s.host, s.ours, s.another = s.host || other.host, s.ours || other.ours, s.another || other.another
}

// share reads one group of weighted clusters, whose names are
// outbound|<port>|<subset>|<host>.
func share(clusters any, want Want) (found shows) {
	var canary, stable float64
	list, _ := clusters.([]any)
	for _, item := range list {
		cluster, _ := item.(map[string]any)
		name, _ := cluster["name"].(string)
		parts := strings.Split(name, "|")
		if len(parts) != 4 || parts[3] != want.Host {
			continue
		}
		found.host = true
		weight, _ := cluster["weight"].(float64)
		switch {
		case strings.HasSuffix(parts[2], traffic.CanarySubset):
			found.ours = true
			canary += weight
		case strings.HasSuffix(parts[2], traffic.StableSubset):
			found.ours = true
			stable += weight
		}
	}
	if found.ours && canary+stable > 0 {
		found.another = int(canary*1000/(canary+stable)+0.5) != want.Permille
	}
	return found
}

// as reports whether the configuration shows what is wanted.
func (s shows) as(want Want) bool {
	if !want.Split {
		return !s.ours
	}
	return s.ours && !s.another
}
