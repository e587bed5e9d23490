// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// metricsServer is a real Prometheus, what it scrapes, and a door through which controllers ask it.
type metricsServer struct {
	*testing.T
	prometheus  string    // its address
	controllers [2]string // where they are scraped
	began       time.Time
	door        *promDoor

	mu   sync.Mutex
	apps []*counted
}

// promDoor passes questions on, unless it refuses.
type promDoor struct {
	*httptest.Server
	refusing atomic.Bool
}

func (d *promDoor) refuse(yes bool) { d.refusing.Store(yes) }

// The controllers are scraped as a ServiceMonitor of the chart has them scraped: under the labels of the target, which
// do not replace those of the samples.
const scrapedAs = `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
- job_name: serin-metrics
  honor_labels: true
  static_configs:
  - {targets: [%q], labels: {namespace: serin-system, service: serin-metrics, endpoint: metrics, container: serin, pod: serin-a}}
  - {targets: [%q], labels: {namespace: serin-system, service: serin-metrics, endpoint: metrics, container: serin, pod: serin-b}}
- job_name: apps
  honor_labels: true
  static_configs: [{targets: [%q]}]
`

// startMetricsServer starts it; it ends with the test.
func startMetricsServer(t *testing.T) *metricsServer {
	t.Helper()
	program := os.Getenv("PROMETHEUS_BIN")
	if program == "" {
		t.Fatal("PROMETHEUS_BIN names no Prometheus: run 'make prometheus', and set it to bin/prometheus")
	}
	s := &metricsServer{T: t, prometheus: freePort(t), controllers: [2]string{freePort(t), freePort(t)}, began: time.Now()}
	apps := httptest.NewServer(s)
	t.Cleanup(apps.Close)
	dir := t.TempDir()
	config := fmt.Sprintf(scrapedAs, s.controllers[0], s.controllers[1], strings.TrimPrefix(apps.URL, "http://"))
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--config.file="+filepath.Join(dir, "prometheus.yaml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+s.prometheus)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
	s.ready()
	s.open()
	return s
}

func (s *metricsServer) ready() {
	s.Helper()
	err := wait.PollUntilContextTimeout(s.Context(), 100*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		response, err := http.Get("http://" + s.prometheus + "/-/ready")
		if err != nil {
			return false, nil //nolint:nilerr // it does not listen yet
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK, nil
	})
	if err != nil {
		s.Fatalf("Prometheus is not ready: %v", err)
	}
}

func (s *metricsServer) open() {
	s.door = &promDoor{}
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: s.prometheus})
	s.door.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.door.refusing.Load() {
			http.Error(w, "too many queries", http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	s.Cleanup(func() { s.door.CloseClientConnections(); s.door.Close() })
}

// counting writes so many good and bad requests of one version of an app.
type counting func(app *shop, version string, pods []string, good, bad float64) string

// counted is an app whose requests are counted: fifty a second, which go where the routes send them. At least a share of
// them finds the canary, past the routes.
type counted struct {
	*shop
	count counting
	least float64
	at    time.Time
	seen  map[string]float64 // requests by version
}

func (s *metricsServer) counts(p *shop, count counting, least float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps = append(s.apps, &counted{p, count, least, time.Now(), map[string]float64{}})
}

const perSecond = 50

// ServeHTTP is what the apps, or their proxies, tell when they are scraped.
func (s *metricsServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, app := range s.apps {
		_, _ = fmt.Fprint(w, app.tells())
	}
}

func (c *counted) tells() string {
	view, _ := c.Now()
	share := c.least
	if weight, err := journal.WeightIn(view.Routes(c.name)); err == nil && weight > 0 {
		share = float64(weight) / 1000
	}
	now := time.Now()
	all := now.Sub(c.at).Seconds() * perSecond
	c.at = now
	pods := map[string][]string{}
	for _, pod := range journal.All[*corev1.Pod](view, "Pod") {
		version := c.name
		if strings.HasPrefix(pod.Name, c.name+"-canary-") {
			version = c.name + "-canary"
		}
		pods[version] = append(pods[version], pod.Name)
	}
	text := ""
	for version, part := range map[string]float64{c.name: 1 - share, c.name + "-canary": share} {
		c.seen[version] += all * part
		bad := 0.002
		if strings.HasSuffix(version, "-canary") && strings.Contains(c.deployed(view), "bad") {
			bad = 0.5
		}
		text += c.count(c.shop, version, pods[version], c.seen[version]*(1-bad), c.seen[version]*bad)
	}
	return text
}

// deployed is the image that is wanted.
func (c *counted) deployed(view journal.View) string {
	if d := view.Deployment(c.name); d != nil {
		return d.Spec.Template.Spec.Containers[0].Image
	}
	return ""
}

func istioMetrics(p *shop, version string, _ []string, good, bad float64) string {
	labels := fmt.Sprintf(`reporter="source",source_workload="web",source_workload_namespace=%q,destination_workload=%q,destination_workload_namespace=%q,`+
		`destination_service_name=%q,destination_service_namespace=%q`, p.namespace, version, p.namespace, p.name, p.namespace)
	return fmt.Sprintf("istio_requests_total{%s,response_code=\"200\"} %g\nistio_requests_total{%s,response_code=\"503\"} %g\n", labels, good, labels, bad) +
		buckets("istio_request_duration_milliseconds", labels, good+bad, "10", "100", "+Inf")
}

func grpcMetrics(p *shop, _ string, pods []string, good, bad float64) string {
	text := ""
	for _, pod := range pods {
		n := float64(len(pods))
		labels := fmt.Sprintf(`namespace=%q,pod=%q,grpc_method="shop.Shop/Buy"`, p.namespace, pod)
		text += buckets("grpc_server_call_duration_seconds", labels+`,grpc_status="OK"`, good/n, "0.01", "0.1", "+Inf") +
			buckets("grpc_server_call_duration_seconds", labels+`,grpc_status="INTERNAL"`, bad/n, "0.01", "0.1", "+Inf")
	}
	return text
}

func httpMetrics(p *shop, _ string, pods []string, good, bad float64) string {
	text := ""
	for _, pod := range pods {
		n := float64(len(pods))
		labels := fmt.Sprintf(`namespace=%q,pod=%q`, p.namespace, pod)
		text += fmt.Sprintf("http_requests_total{%s,code=\"200\"} %g\nhttp_requests_total{%s,code=\"500\"} %g\n", labels, good/n, labels, bad/n) +
			buckets("http_request_duration_seconds", labels, (good+bad)/n, "0.01", "0.1", "+Inf")
	}
	return text
}

// buckets has nine of ten in the second, and all in the last.
func buckets(name, labels string, all float64, bounds ...string) string {
	text := fmt.Sprintf("%s_count{%s} %g\n%s_sum{%s} %g\n", name, labels, all, name, labels, all/20)
	for i, bound := range bounds {
		text += fmt.Sprintf("%s_bucket{%s,le=%q} %g\n", name, labels, bound, all*[]float64{0.5, 0.9, 1}[i])
	}
	return text
}
