// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
	request, err := http.NewRequestWithContext(p.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		p.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		p.Fatalf("scraping ended with %s, %v", response.Status, err)
	}
	var about strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "serin_") && (strings.Contains(line, `namespace="`+p.namespace+`"`) || !strings.Contains(line, "namespace=")) {
			about.WriteString(line)
		}
	}
	return about.String()
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
		"serin_rollout_available_pods"+of+`,version="stable"} 2`, "serin_rollout_available_pods"+of+`,version="canary"} 1`, "serin_route_writes_total")
	p.annotate("abort", "true")
	p.rolledBack("v1", "AbortRequested")
	p.tells(address, "serin_rollout_phase"+of+`,phase="RolledBack"} 1`, `serin_rollouts_total{outcome="RolledBack"} 1`,
		`serin_commands_total{answer="obeyed",command="abort"} 1`, `serin_commands_total{answer="ignored",command="abort"} 0`,
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
