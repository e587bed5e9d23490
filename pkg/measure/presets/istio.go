// SPDX-License-Identifier: Apache-2.0

package presets

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/measure/tally"
)

const (
	istioRequests = "istio_requests_total"
	istioDuration = "istio_request_duration_milliseconds"
	unknown       = "unknown"
)

// reporters are who reports a request, the best first. The client's proxy sees
// all that the server's sees, and what never got there. So of the requests of
// one client workload the best reporter counts, and the others do not: the
// server's proxy counts for clients outside of the mesh, whose workload it
// does not know, and for those whose proxies report nothing.
var reporters = []string{"source", "waypoint", "destination"}

// istio tells the versions apart by their workload, which for Istio is the name
// of the Deployment.
func istio(names Labels) Preset {
	requests := func(s Subject) Selector { return byWorkload(istioRequests, s, tally.Neither) }
	return Preset{
		Name:   "istio",
		Unit:   time.Millisecond,
		Exists: requests,
		Usable: func(Subject) error { return nil },
		Counts: func(s Subject) []Selector {
			if s.Service == "" {
				return []Selector{requests(s)}
			}
			nowhere := Selector{metric: istioRequests, fixed: []string{matcher("reporter", "=~", "source|waypoint"),
				matcher("destination_workload", "=", unknown), matcher("destination_service_namespace", "=", s.Namespace)}}
			return []Selector{requests(s), nowhere.and("destination_service_name", s.Service)}
		},
		Buckets: func(s Subject, arm tally.Arm, bounds []string) Selector {
			return bucketed(istioDuration, byWorkload("", s, arm), bounds)
		},
		meaning: func(s Subject) func(map[string]string) tally.Meaning {
			return func(labels map[string]string) tally.Meaning { return istioMeaning(s, labels, names) }
		},
		failed: istioFailed,
	}
}

// byWorkload selects a metric of some versions.
func byWorkload(metric string, s Subject, arm tally.Arm) Selector {
	one := map[tally.Arm][]string{tally.Stable: {s.Target}, tally.Canary: {s.Canary}}[arm]
	if one == nil {
		one = []string{s.Target, s.Canary}
	}
	return Selector{metric: metric, fixed: []string{matcher("destination_workload_namespace", "=", s.Namespace)}}.and("destination_workload", one...)
}

func istioMeaning(s Subject, labels map[string]string, names Labels) tally.Meaning {
	reporter := labels["reporter"]
	m := tally.Meaning{Rank: slices.Index(reporters, reporter)}
	switch labels["destination_workload"] {
	case s.Target:
		m.Arm = tally.Stable
	case s.Canary:
		m.Arm = tally.Canary
	case unknown:
		m.Arm = tally.Unknown
	}
	if m.Rank < 0 {
		return tally.Meaning{}
	}
	if client := labels["source_workload"]; client != unknown && client != "" {
		m.Group = labels["source_workload_namespace"] + "/" + client
	}
	if reporter == "destination" {
		m.Own = m.Arm == tally.Canary
		if m.Arm == tally.Stable {
			m.Pod = cmp.Or(labels[names.Pod], labels["instance"])
		}
	}
	return m
}

func istioFailed(labels map[string]string) bool {
	if status := labels["grpc_response_status"]; status != "" {
		return !slices.Contains(clientNumbers, status)
	}
	return strings.HasPrefix(labels["response_code"], "5")
}
