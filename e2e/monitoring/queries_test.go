// SPDX-License-Identifier: Apache-2.0

package monitoring_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// foreign are the metrics of others that may be asked for: of controller-runtime
// and the Kubernetes client, and those of applications (docs/measure.md).
var foreign = []string{
	"controller_runtime_active_workers", "controller_runtime_reconcile_time_seconds_bucket", "controller_runtime_reconcile_total",
	"leader_election_master_status", "process_cpu_seconds_total", "process_resident_memory_bytes", "rest_client_requests_total", "workqueue_depth",
	"grpc_server_call_duration_seconds_bucket", "grpc_server_call_duration_seconds_count", "http_request_duration_seconds_bucket", "http_requests_total",
	"istio_request_duration_milliseconds_bucket", "istio_requests_total",
}

// usual are values of the dashboards' variables.
var usual = map[string]string{
	"namespace": "web", "deployment": "shop", "check": "errors", "job": ".*", "stuck": "1800", "__rate_interval": "5m", "__range": "6h",
	"http_requests": "http_requests_total", "http_code": "code", "http_duration": "http_request_duration_seconds",
}

var row = regexp.MustCompile("(?m)^\\| `(serin_[a-z_]+)` \\| ([a-z]+) \\| ([^|]*) \\|")

// documented are the labels of each metric of the page, by the name that is asked for.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile(root + "/docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, match := range row.FindAllStringSubmatch(string(page), -1) {
		names := []string{"job", "pod", "instance"} // whatever is scraped has these
		for name := range strings.SplitSeq(match[3], ", ") {
			names = append(names, strings.Trim(name, "`"))
		}
		if match[2] != "histogram" {
			all[match[1]] = names
			continue
		}
		all[match[1]+"_count"], all[match[1]+"_sum"], all[match[1]+"_bucket"] = names, names, append(names, "le")
	}
	if len(all) < 20 {
		t.Fatalf("the page has %d metrics", len(all))
	}
	return all
}

func TestQueriesAskForWhatIsDocumented(t *testing.T) {
	t.Parallel()
	known := documented(t)
	for _, q := range questions(t) {
		q = q.With(usual)
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(q.Expr)
		if err != nil {
			t.Errorf("%s: %v\n%s", q, err, q.Expr)
			continue
		}
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			selector, ok := node.(*parser.VectorSelector)
			if !ok {
				return nil
			}
			name := nameOf(selector)
			own, found := known[name]
			if !found && !slices.Contains(foreign, name) {
				t.Errorf("%s asks for %q, which nobody documents", q, name)
			}
			for _, matcher := range selector.LabelMatchers {
				if found && matcher.Name != metricName && !slices.Contains(own, matcher.Name) {
					t.Errorf("%s asks for the label %s of %s, which has %v", q, matcher.Name, name, own)
				}
			}
			return nil
		})
	}
}

// metricName is the label that is the metric's name.
const metricName = "__name__"

func nameOf(selector *parser.VectorSelector) string {
	for _, matcher := range selector.LabelMatchers {
		if matcher.Name == metricName && matcher.Type == labels.MatchEqual {
			return matcher.Value
		}
	}
	return selector.Name
}

// What a dashboard would show that nobody sees is of no use: every metric of a
// rollout is in some panel or alert.
func TestEveryMetricIsShown(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, q := range questions(t) {
		all.WriteString(q.Expr)
	}
	for name := range documented(t) {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_sum"), "_bucket")
		if !strings.Contains(all.String(), base) && !slices.Contains(unseen, base) {
			t.Errorf("%s is in no panel and no alert", base)
		}
	}
}

// unseen are metrics that other panels say better: the routes that were written
// follow from the moves, and how often data were missing from their states. What
// became of spans is asked where traces are missed, which build runs after an upgrade.
var unseen = []string{"serin_route_writes_total", "serin_check_states_total", "serin_spans_total", "serin_build_info"}
