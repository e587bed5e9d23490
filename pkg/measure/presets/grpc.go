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
	where := func(s Subject, arm tally.Arm) []string {
		return []string{matcher(names.Namespace, "=", s.Namespace), matcher(names.Pod, "=~", pods(s, arm))}
	}
	return Preset{
		Name:   "grpc",
		Unit:   time.Second,
		Exists: func(s Subject) string { return selector(grpcDuration+"_count", where(s, tally.Neither)...) },
		Usable: Subject.Pods,
		Counts: func(s Subject) []string {
			return []string{selector(grpcDuration+"_count", where(s, tally.Neither)...)}
		},
		Buckets: func(s Subject, arm tally.Arm, bounds []string) string {
			return bucketed(grpcDuration, bounds, where(s, arm)...)
		},
		meaning: func(s Subject) func(map[string]string) tally.Meaning { return byPod(s, names.Pod) },
		failed: func(labels map[string]string) bool {
			return !slices.Contains(clientStatuses, labels["grpc_status"])
		},
	}
}

// httpPreset reads what HTTP servers count themselves, by names that are configured.
func httpPreset(names Labels, http HTTP) Preset {
	where := func(s Subject, arm tally.Arm) []string {
		return []string{matcher(names.Namespace, "=", s.Namespace), matcher(names.Pod, "=~", pods(s, arm))}
	}
	return Preset{
		Name:   "http",
		Unit:   http.Unit,
		Exists: func(s Subject) string { return selector(http.Requests, where(s, tally.Neither)...) },
		Usable: Subject.Pods,
		Counts: func(s Subject) []string { return []string{selector(http.Requests, where(s, tally.Neither)...)} },
		Buckets: func(s Subject, arm tally.Arm, bounds []string) string {
			return bucketed(http.Duration, bounds, where(s, arm)...)
		},
		meaning: func(s Subject) func(map[string]string) tally.Meaning { return byPod(s, names.Pod) },
		failed:  func(labels map[string]string) bool { return strings.HasPrefix(labels[http.Code], "5") },
	}
}
