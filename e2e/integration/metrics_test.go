// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// freePort is one that nobody listens on now.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// scraped are the lines about the namespace, or about everybody.
func (p *shop) scraped(address string) string {
	p.Helper()
	var about strings.Builder
	for line := range strings.Lines(p.scrape(address, "text/plain")) {
		if strings.HasPrefix(line, "serin_") && (strings.Contains(line, `namespace="`+p.namespace+`"`) || !strings.Contains(line, "namespace=")) {
			about.WriteString(line)
		}
	}
	return about.String()
}

// openMetrics is everything, in the format that has exemplars.
func (p *shop) openMetrics(address string) string {
	p.Helper()
	return p.scrape(address, "application/openmetrics-text; version=1.0.0")
}

func (p *shop) scrape(address, format string) string {
	p.Helper()
	request, err := http.NewRequestWithContext(p.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		p.Fatal(err)
	}
	request.Header.Set("Accept", format)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		p.Fatalf("scraping ended with %s, %v", response.Status, err)
	}
	return string(text)
}

// Metrics tell where a rollout stands, what came of it, and nothing of what is no more.
func TestMetricsOfARollout(t *testing.T) {
	onItsOwn(t)
	address := freePort(t)
	own := startSerin(t, newProxy(t, shared, shared.token), "--leader-elect=false", "--metrics-bind-address="+address, "--health-probe-bind-address=0", "-v=1")
	p := newShop(t, shared, own).mesh().open(2, slow())
	p.deploy("v2")
	p.at(250)
	of := fmt.Sprintf(`{deployment="shop",namespace=%q`, p.namespace)
	p.tells(address, "serin_rollout_phase"+of+`,phase="Progressing"} 1`, "serin_rollout_reason_seconds"+of+`,reason="Holding"}`, "serin_rollout_step"+of+"} 1",
		"serin_rollout_weight_wanted_ratio"+of+"} 0.25", "serin_rollout_weight_observed_ratio"+of+"} 0.25", "serin_rollout_hold_remaining_seconds"+of+"}",
		"serin_rollout_available_pods"+of+`,version="stable"} 2`, "serin_rollout_available_pods"+of+`,version="canary"} 1`, "serin_route_writes_total", "serin_route_reverts_total 0", `serin_commands_total{command="abort",outcome="CarriedOut"} 0`)
	p.annotate("abort", "true")
	p.rolledBack("v1", "AbortRequested")
	p.tells(address, "serin_rollout_phase"+of+`,phase="RolledBack"} 1`, `serin_rollouts_total{outcome="RolledBack"} 1`, `serin_commands_total{command="abort",outcome="CarriedOut"} 1`,
		`serin_commands_total{command="abort",outcome="Ignored"} 0`,
		"serin_rollout_ended_timestamp_seconds"+of+`,outcome="RolledBack"}`,
		`serin_rollout_duration_seconds_count{outcome="RolledBack"} 1`, "serin_rollout_first_traffic_seconds_count 1", "serin_rollout_return_seconds_count 1")
	if text := p.scraped(address); strings.Contains(text, `"Progressing"`) || strings.Contains(text, "serin_rollout_step{") {
		t.Errorf("it tells of what is over:\n%s", text)
	}
	if err := p.api.AppsV1().Deployments(p.namespace).Delete(p.Context(), "shop", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	p.scrapes(address, func(text string) bool { return !strings.Contains(text, p.namespace) })
}

// What is served besides the metrics of Deployments has few values for each label, however much there was to do.
func TestLabelsOfMetricsAreBounded(t *testing.T) {
	onItsOwn(t)
	address := freePort(t)
	own := startSerin(t, newProxy(t, shared, shared.token), "--leader-elect=false", "--metrics-bind-address="+address, "--health-probe-bind-address=0")
	p := newShop(t, shared, own).mesh().open(2, quick)
	p.deploy("v2")
	p.promoted("v2")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(p.scrape(address, "text/plain")))
	if err != nil {
		t.Fatal(err)
	}
	for label, found := range labelsBesides(families) {
		if n := len(found); n > mostValues[label] {
			t.Errorf("%s has %d values, and %d are listed: %v", label, n, mostValues[label], slices.Sorted(maps.Keys(found)))
		}
		for value := range found {
			if strings.ContainsAny(value, "/?") || len(value) > 63 {
				t.Errorf("%s=%q looks like an address", label, value)
			}
		}
	}
}

// mostValues is how many values a label may have in all.
var mostValues = map[string]int{
	"code": 12, "method": 6, "verb": 8, "host": 1, "controller": 1, "priority": 4, "name": 1, "result": 4, "reason": 80,
	"outcome": 12, "command": 3, "state": 13, "guard": 1, "operation": 4,
}

// labelsBesides are the labels, with their values, of everything that is not about one Deployment or about the build.
func labelsBesides(families map[string]*dto.MetricFamily) map[string]map[string]bool {
	values := map[string]map[string]bool{}
	for name, family := range families {
		for _, metric := range family.Metric {
			isAbout := func(l *dto.LabelPair) bool { return l.GetName() == "namespace" }
			if strings.HasSuffix(name, "_info") || slices.ContainsFunc(metric.Label, isAbout) {
				continue
			}
			for _, l := range metric.Label {
				if values[l.GetName()] == nil {
					values[l.GetName()] = map[string]bool{}
				}
				values[l.GetName()][l.GetValue()] = true
			}
		}
	}
	return values
}

// tells waits until all of the lines begin so.
func (p *shop) tells(address string, lines ...string) {
	p.Helper()
	p.scrapes(address, func(text string) bool {
		return !slices.ContainsFunc(lines, func(line string) bool { return !strings.Contains("\n"+text, "\n"+line) })
	})
}

// scrapes waits until what is scraped is as it should be.
func (p *shop) scrapes(address string, wanted func(text string) bool) {
	p.Helper()
	last := ""
	err := wait.PollUntilContextTimeout(p.Context(), 200*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		last = p.scraped(address)
		return wanted(last), nil
	})
	if err != nil {
		p.Fatalf("the metrics are\n%s", last)
	}
}
