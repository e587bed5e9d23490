// SPDX-License-Identifier: Apache-2.0

package presets

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/serin-dev/serin/pkg/measure/tally"
)

// Preset is one kind of metrics.
type Preset struct {
	Name string

	// Exists selects series that show that the workload has these metrics.
	Exists func(Subject) Selector
	// Usable says why the versions cannot be told apart by them; nil: they can.
	Usable func(Subject) error
	// Counts selects the counters of requests; read tells what each means.
	Counts func(Subject) []Selector
	// Buckets selects the buckets of durations of some versions, those with
	// the given bounds; all where none are given.
	Buckets func(s Subject, arm tally.Arm, bounds []string) Selector
	// Unit is the unit of the bounds.
	Unit time.Duration

	meaning func(Subject) func(labels map[string]string) tally.Meaning // of a series, all but Total and Bad
	failed  func(labels map[string]string) bool
}

// All are the presets, in the order in which they are looked for: what a proxy
// sees includes what never reached a server.
func All(labels Labels, http HTTP) []Preset {
	return []Preset{istio(labels), grpc(labels), httpPreset(labels, http)}
}

// Labels are those that Prometheus gives to what it scrapes.
type Labels struct {
	Pod, Namespace string
}

// HTTP names the metrics of the preset http.
type HTTP struct {
	Requests string // a counter
	Code     string // its label with the status
	Duration string // a histogram, without _bucket
	Unit     time.Duration
}

// The names that are used where nobody names others.
var (
	UsualLabels = Labels{Pod: "pod", Namespace: "namespace"}
	UsualHTTP   = HTTP{Requests: "http_requests_total", Code: "code", Duration: "http_request_duration_seconds", Unit: time.Second}
)

// Request is what a counter of requests means.
func (p Preset) Request(s Subject) func(map[string]string) tally.Meaning {
	meaning := p.meaning(s)
	return func(labels map[string]string) tally.Meaning {
		m := meaning(labels)
		m.Total = 1
		if p.failed(labels) {
			m.Bad = 1
		}
		return m
	}
}

// Slow is what a bucket means where those above the bound are bad: one more in
// the last bucket is one more request, which is slow unless it is in the
// bound's as well.
func (p Preset) Slow(s Subject, bound float64) func(map[string]string) tally.Meaning {
	meaning := p.meaning(s)
	return func(labels map[string]string) tally.Meaning {
		m := meaning(labels)
		switch le, err := strconv.ParseFloat(labels["le"], 64); {
		case err != nil || m.Arm == tally.Unknown:
			return tally.Meaning{}
		case math.IsInf(le, 1):
			m.Total, m.Bad = 1, 1
		case le == bound:
			m.Bad = -1
		default:
			return tally.Meaning{}
		}
		return m
	}
}

// Bucket is what a bucket means where all of them are wanted, by their bounds
// in milliseconds.
func (p Preset) Bucket(s Subject) func(map[string]string) tally.Meaning {
	meaning := p.meaning(s)
	return func(labels map[string]string) tally.Meaning {
		m := meaning(labels)
		le, err := strconv.ParseFloat(labels["le"], 64)
		if err != nil || m.Arm == tally.Unknown {
			return tally.Meaning{}
		}
		m.Le = le * float64(p.Unit) / float64(time.Millisecond)
		if math.IsInf(le, 1) {
			m.Total = 1
		}
		return m
	}
}

// Bounds are the ways to write a bucket's bound: 10 is "10.0" for Prometheus 3,
// and what the process wrote for those before it.
func Bounds(bound float64) []string {
	written := strconv.FormatFloat(bound, 'g', -1, 64)
	all := []string{written, strconv.FormatFloat(bound, 'f', -1, 64), strconv.FormatFloat(bound, 'f', -1, 64) + ".0", "+Inf"}
	if bound != math.Trunc(bound) {
		all = slices.Delete(all, 2, 3)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// byPod tells the versions apart by the names of their pods.
func byPod(s Subject, label string) func(map[string]string) tally.Meaning {
	stable, canary := regexp.MustCompile("^(?:"+s.StablePods()+")$"), regexp.MustCompile("^(?:"+s.CanaryPods()+")$")
	return func(labels map[string]string) tally.Meaning {
		switch pod := labels[label]; {
		case canary.MatchString(pod):
			return tally.Meaning{Arm: tally.Canary, Own: true}
		case stable.MatchString(pod):
			return tally.Meaning{Arm: tally.Stable, Pod: pod}
		default:
			return tally.Meaning{}
		}
	}
}

// byPods selects a metric of the pods of some versions.
func byPods(metric string, names Labels, s Subject, arm tally.Arm) Selector {
	values := map[tally.Arm][]string{tally.Stable: {s.StablePods()}, tally.Canary: {s.CanaryPods()}}[arm]
	if values == nil {
		values = []string{s.StablePods(), s.CanaryPods()}
	}
	return Selector{metric: metric, fixed: []string{matcher(names.Namespace, "=", s.Namespace)}, choices: []choice{{names.Pod, values}}}
}
