// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// prometheus is a real one that scrapes the pods of one journey.
type prometheus struct {
	*shop
	address string
	dir     string
	cmd     *exec.Cmd
	ended   chan struct{}
	door    *door // through which the controller asks
}

// door passes questions on, unless it is told otherwise.
type door struct {
	*httptest.Server
	state atomic.Int32
}

// What a door does with a question.
const (
	passing = iota
	stuck
	refusing
)

func (d *door) become(state int32) { d.state.Store(state) }

// newDoor opens one to an address; it closes with the test.
func newDoor(p *shop, address string) *door {
	d := &door{}
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	pass.ErrorLog = log.New(io.Discard, "", 0) // it is killed on purpose
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch d.state.Load() {
		case stuck:
			_, _ = io.Copy(io.Discard, r.Body) // until then the server does not notice a client that leaves
			<-r.Context().Done()
		case refusing:
			http.Error(w, "too many queries", http.StatusServiceUnavailable)
		default:
			pass.ServeHTTP(w, r)
		}
	}))
	p.Cleanup(func() { d.CloseClientConnections(); d.Close() })
	return d
}

// Everything is scraped each second, so that a journey need not last for long.
const scraping = `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
- job_name: pods
  kubernetes_sd_configs: [{role: pod, kubeconfig_file: %q, namespaces: {names: [%s]}}]
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_container_port_name], regex: grpc, action: drop}
  - {source_labels: [__meta_kubernetes_pod_ip], regex: (.+), target_label: __address__, replacement: "$1:8080"}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
`

// startPrometheus starts one that ends with the test.
func startPrometheus(p *shop) *prometheus {
	p.Helper()
	m := &prometheus{shop: p, address: fmt.Sprintf("127.0.0.1:%d", firstPort+lastPort.Add(2)), dir: p.TempDir()}
	p.must(os.WriteFile(filepath.Join(m.dir, "prometheus.yaml"), fmt.Appendf(nil, scraping, p.Kubeconfig, p.namespace), 0o600))
	m.start()
	m.door = newDoor(p, m.address)
	p.Cleanup(func() {
		if m.Failed() {
			m.recount()
		}
		m.kill()
	})
	return m
}

// start starts it, again if it has ended, with what it knew then.
func (m *prometheus) start() {
	m.Helper()
	binary := os.Getenv("PROMETHEUS_BIN")
	if binary == "" {
		m.Fatal("PROMETHEUS_BIN names no Prometheus: run 'make prometheus', and set it to bin/prometheus")
	}
	output, err := os.OpenFile(filepath.Join(m.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	m.must(err)
	m.cmd = exec.Command(binary, "--config.file="+filepath.Join(m.dir, "prometheus.yaml"), "--storage.tsdb.path="+filepath.Join(m.dir, "data"),
		"--web.listen-address="+m.address)
	m.cmd.Stdout, m.cmd.Stderr = output, output
	m.must(m.cmd.Start())
	ended := make(chan struct{})
	cmd := m.cmd
	go func() {
		_ = cmd.Wait()
		_ = output.Close()
		close(ended)
	}()
	m.ended = ended
	m.must(until(m.Context(), m.patience, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address+"/-/ready", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return errors.New("Prometheus is not ready: " + response.Status)
		}
		return nil
	}))
}

// ask is its own answer to a query, without a detour.
func (m *prometheus) ask(ctx context.Context, query string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address+"/api/v1/query?"+url.Values{"query": {query}}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// counted is what pods answered, and how fast, since they are there.
const counted = `sum by (pod, response_code, grpc_response_status) (istio_requests_total{reporter="destination"})` +
	` or sum by (pod, le) (istio_request_duration_milliseconds_bucket{reporter="destination"})`

// recount prints what it knows and how it fares.
func (m *prometheus) recount() {
	said, err := m.ask(context.WithoutCancel(m.Context()), counted)
	m.Logf("%s: %s %v", counted, said, err)
	if text, err := os.ReadFile(filepath.Join(m.dir, "log")); err == nil {
		m.Logf("Prometheus:\n%s", text[max(0, len(text)-3000):])
	}
}

// kill ends it without a chance to write anything down.
func (m *prometheus) kill() {
	_ = m.cmd.Process.Kill()
	<-m.ended
}

// checked writes down how the canary is judged.
func (p *shop) checked(text string) {
	p.Helper()
	checks := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "checks"}, Data: map[string]string{"checks.yaml": text}}
	_, err := p.api.CoreV1().ConfigMaps(p.namespace).Create(p.Context(), checks, metav1.CreateOptions{})
	p.must(err)
}

// dialAll makes all ready pods of the application misbehave from now on.
func (p *shop) dialAll(faults string) {
	p.Helper()
	v, _ := p.Now()
	for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
		if pod.Labels["app"] == app && journal.IsReady(pod) {
			p.must(post("http://"+pod.Status.PodIP+":8080/faults", faults))
		}
	}
}
