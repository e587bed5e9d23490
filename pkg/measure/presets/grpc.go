// SPDX-License-Identifier: Apache-2.0

package presets

import (
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/measure/tally"
)

// clientStatuses are the statuses of gRPC that are no failure of the server,
// by OpenTelemetry's semantic conventions for gRPC: all but UNKNOWN,
// DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS. A
// status that nobody has heard of is a failure.
var (
	clientStatuses = []string{
		"OK", "CANCELLED", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNAUTHENTICATED",
	}
	clientNumbers = []string{"0", "1", "3", "5", "6", "7", "8", "9", "10", "11", "16"}
)

const grpcDuration = "grpc_server_call_duration_seconds"

// grpc reads what gRPC servers count themselves, by proposal A66: the count of
// the histogram of durations is that of calls.
func grpc(names Labels) Preset {
	calls := func(s Subject) Selector { return byPods(grpcDuration+"_count", names, s, tally.Neither) }
	return Preset{
		Name:   "grpc",
		Unit:   time.Second,
		Exists: calls,
		Usable: Subject.Pods,
		Counts: func(s Subject) []Selector { return []Selector{calls(s)} },
		Buckets: func(s Subject, arm tally.Arm, bounds []string) Selector {
			return bucketed(grpcDuration, byPods("", names, s, arm), bounds)
		},
		meaning: func(s Subject) func(map[string]string) tally.Meaning { return byPod(s, names.Pod) },
		failed: func(labels map[string]string) bool {
			return !slices.Contains(clientStatuses, labels["grpc_status"])
		},
	}
}

// httpPreset reads what HTTP servers count themselves, by names that are configured.
func httpPreset(names Labels, http HTTP) Preset {
	requests := func(s Subject) Selector { return byPods(http.Requests, names, s, tally.Neither) }
	return Preset{
		Name:   "http",
		Unit:   http.Unit,
		Exists: requests,
		Usable: Subject.Pods,
		Counts: func(s Subject) []Selector { return []Selector{requests(s)} },
		Buckets: func(s Subject, arm tally.Arm, bounds []string) Selector {
			return bucketed(http.Duration, byPods("", names, s, arm), bounds)
		},
		meaning: func(s Subject) func(map[string]string) tally.Meaning { return byPod(s, names.Pod) },
		failed:  func(labels map[string]string) bool { return strings.HasPrefix(labels[http.Code], "5") },
	}
}
