// SPDX-License-Identifier: Apache-2.0

package dashboards

import "strings"

// under are the phases of a rollout under way, waits the reasons that last as
// long as people want them to. charts/serin/files/alerts.yaml has the same.
const (
	under = "Progressing|Paused|Promoting|RollingBack"
	waits = "UpToDate|Holding|Baking|StepPaused|PauseRequested|NoReplicas"
)

// each is one series for each Deployment and value of the labels, whichever
// replica leads, or led.
func each(selector string, labels ...string) string {
	return "max by (" + strings.Join(append([]string{"namespace", "deployment"}, labels...), ", ") + ") (" + selector + ")"
}

// of is a metric of the Deployment that the reader chose.
func of(metric string, more ...string) string {
	return metric + "{" + strings.Join(append([]string{`namespace="$namespace"`, `deployment="$deployment"`}, more...), ",") + "}"
}

// replaced puts words in the place of %s.
func replaced(text, words string) string { return strings.ReplaceAll(text, "%s", words) }

// stuck are those whose reason has been the same for longer than the reader
// wants. What was rolled back goes on telling why, and waits for nothing.
func stuck() string {
	waiting := `serin_rollout_reason_seconds{namespace=~"$namespace",reason!~"` + waits + `"}`
	return each(waiting+` unless on (namespace, deployment) serin_rollout_phase{phase="RolledBack"}`, "reason") + " > $stuck"
}

// counted is how many there are, also where there are none.
func counted(vector string) string { return "count(" + vector + ") or vector(0)" }

// version is the traffic of stable or of the canary, in what counts requests.
type version struct{ workload, pods string }

var (
	stable = version{"$deployment", "$deployment-[a-z0-9]{1,10}-[a-z0-9]{5}"}
	canary = version{"$deployment-canary", "$deployment-canary-[a-z0-9]{1,10}-[a-z0-9]{5}"}
)

func (v version) istio(metric, more string) string {
	return metric + `{destination_workload_namespace="$namespace",destination_workload="` + v.workload + `"` + more + "}[$__rate_interval]"
}

func (v version) scraped(metric, more string) string {
	return metric + `{namespace="$namespace",pod=~"` + v.pods + `"` + more + "}[$__rate_interval]"
}

// named is a metric whose name the reader may change.
func (v version) named(name, more string) string {
	return `{__name__="` + name + `",namespace="$namespace",pod=~"` + v.pods + `"` + more + "}[$__rate_interval]"
}

// What of a request is a failure, as docs/measure.md says.
const (
	failedCode   = `,grpc_response_status="",response_code=~"5.."`
	failedNumber = `,grpc_response_status!~"|0|1|3|5|6|7|8|9|10|11|16"`
	failedStatus = `,grpc_status!~"OK|CANCELLED|INVALID_ARGUMENT|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|RESOURCE_EXHAUSTED|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNAUTHENTICATED"`
	failedHTTP   = `,$http_code=~"5.*"`
)

// first is the first of the presets that has series, as the controller chooses.
func first(istio, grpc, http string) string { return istio + "\nor " + grpc + "\nor " + http }

func (v version) requests() string {
	return first(
		"max(sum by (reporter) (rate("+v.istio("istio_requests_total", "")+")))",
		"sum(rate("+v.scraped("grpc_server_call_duration_seconds_count", "")+"))",
		"sum(rate("+v.named("$http_requests", "")+"))",
	)
}

// failures are the share of requests that failed: none, where no series of a
// failure is there.
func (v version) failures() string {
	const requests, calls = "istio_requests_total", "grpc_server_call_duration_seconds_count"
	share := func(failed, all string) string { return "(" + failed + " or 0 * " + all + ") / " + all }
	return first(
		"max("+share("sum by (reporter) (rate("+v.istio(requests, failedCode)+") or rate("+v.istio(requests, failedNumber)+"))",
			"sum by (reporter) (rate("+v.istio(requests, "")+"))")+")",
		share("sum(rate("+v.scraped(calls, failedStatus)+"))", "sum(rate("+v.scraped(calls, "")+"))"),
		share("sum(rate("+v.named("$http_requests", failedHTTP)+"))", "sum(rate("+v.named("$http_requests", "")+"))"),
	)
}

// slowest is how long the slowest of a share of the requests take at least, in seconds.
func (v version) slowest(quantile string) string {
	ask := func(buckets string) string {
		return "histogram_quantile(" + quantile + ", sum by (le) (rate(" + buckets + ")))"
	}
	return first(
		ask(v.istio("istio_request_duration_milliseconds_bucket", ""))+" / 1000",
		ask(v.scraped("grpc_server_call_duration_seconds_bucket", "")),
		ask(v.named("${http_duration}_bucket", "")),
	)
}

// versionsOf asks the same of stable and of the canary.
func versionsOf(ask func(version) string) []query {
	return []query{{ask(stable), "stable"}, {ask(canary), "canary"}}
}
