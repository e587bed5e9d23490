// SPDX-License-Identifier: Apache-2.0

//go:build integration

package live_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// world is the processes that are scraped. Each is a path of one server.
type world struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	series  map[string]map[string]float64 // of a process: the series with its labels, and its value
	down    map[string]bool
	targets []string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, series: map[string]map[string]float64{}, down: map[string]bool{}}
	w.server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		process := strings.TrimPrefix(r.URL.Path, "/")
		if w.down[process] {
			http.Error(out, "down", http.StatusInternalServerError)
			return
		}
		out.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for series, value := range w.series[process] {
			fmt.Fprintf(out, "%s %g\n", series, value)
		}
	}))
	t.Cleanup(w.server.Close)
	return w
}

// process adds one that is scraped, with labels such as pod="a".
func (w *world) process(name, labels string) {
	w.targets = append(w.targets, fmt.Sprintf("  - targets: [%q]\n    labels: {__metrics_path__: /%s, instance: %s, namespace: web%s}\n",
		strings.TrimPrefix(w.server.URL, "http://"), name, name, labels))
	w.series[name] = map[string]float64{}
}

func (w *world) add(process, series string, n float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.series[process][series] += n
}

// change takes all the series of a process for changing.
func (w *world) change(process string, how func(map[string]float64)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	how(w.series[process])
}

func (w *world) fail(process string, down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down[process] = down
}

// prometheus is one that runs, or has been killed.
type prometheus struct {
	t       *testing.T
	dir     string
	address string
	command *exec.Cmd
}

// scrape is how often everything is scraped.
const scrape = 400 * time.Millisecond

func (w *world) prometheus() *prometheus {
	t := w.t
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &prometheus{t: t, dir: t.TempDir(), address: listener.Addr().String()}
	_ = listener.Close()
	config := fmt.Sprintf("global: {scrape_interval: %dms, scrape_timeout: %dms}\nscrape_configs:\n- job_name: test\n  static_configs:\n%s",
		scrape.Milliseconds(), scrape.Milliseconds(), strings.Join(w.targets, ""))
	if err := os.WriteFile(filepath.Join(p.dir, "prometheus.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	p.start()
	return p
}

func (p *prometheus) start() {
	p.t.Helper()
	program := os.Getenv("PROMETHEUS_BIN")
	if program == "" {
		p.t.Fatal("PROMETHEUS_BIN names no Prometheus; run make test-integration")
	}
	output, err := os.OpenFile(filepath.Join(p.dir, "output"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer output.Close()
	p.command = exec.Command(program, "--config.file="+filepath.Join(p.dir, "prometheus.yaml"), "--storage.tsdb.path="+filepath.Join(p.dir, "data"),
		"--web.listen-address="+p.address, "--log.level=warn")
	p.command.Stdout, p.command.Stderr = output, output
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, "Prometheus is ready", func() string {
		response, err := http.Get("http://" + p.address + "/-/ready")
		if err != nil {
			said, _ := os.ReadFile(output.Name())
			return err.Error() + "\n" + string(said)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return response.Status
		}
		return ""
	})
}

// kill ends it at once, and waits for that.
func (p *prometheus) kill() {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
	p.command = nil
}

// eventually waits until a condition has nothing to complain of.
func eventually(t *testing.T, what string, complaint func() string) {
	t.Helper()
	deadline := time.Now().Add(25 * time.Second)
	for {
		text := complaint()
		if text == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in time: %s", what, text)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
