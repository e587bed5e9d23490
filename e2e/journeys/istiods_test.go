// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/serin-dev/serin/e2e/internal/serin"
	"github.com/serin-dev/serin/e2e/lab"
)

// istiod is one that only one journey's clients and controller know. It reads that namespace alone, so that what it is slow with
// is that journey's own changes, and nobody else's put it off.
type istiod struct {
	*shop
	debug string // for the controller: on loopback, where istiod asks for no token
	grpc  string // for the clients
	args  []string
	env   []string
	dir   string
	cmd   *exec.Cmd
	ended chan struct{}
}

// Nobody else listens on these ports of the node, and no outgoing connection is given one.
var lastPort atomic.Int32

const firstPort = 21000

// startIstiod starts one that waits after each change whether more comes, for as long as the delay. Only the endpoints it passes
// on at once: pods come and go at their own time, and clients that hear of it too late fail without any rollout.
func startIstiod(p *shop, delay time.Duration) *istiod {
	p.Helper()
	binary, err := lab.Binary()
	p.must(err)
	port := firstPort + lastPort.Add(2)
	d := &istiod{shop: p, debug: fmt.Sprintf("127.0.0.1:%d", port), grpc: fmt.Sprintf("%s:%d", p.NodeIP, port+1), dir: p.TempDir()}
	config := filepath.Join(d.dir, "mesh.yaml")
	p.must(os.WriteFile(config, fmt.Appendf(nil, "rootNamespace: istio-system\ntrustDomain: cluster.local\n"+
		"discoverySelectors:\n- matchLabels: {kubernetes.io/metadata.name: %s}\n", p.namespace), 0o600))
	d.args = []string{
		binary, "pilot-discovery", "discovery",
		"--kubeconfig=" + filepath.Join(p.Dir, "data", "istiod.kubeconfig"), "--meshConfig=" + config,
		"--httpAddr=" + d.debug, "--grpcAddr=" + d.grpc, "--httpsAddr=", "--secureGRPCAddr=", "--ctrlz_port=0", "--monitoringAddr=",
	}
	d.env = append(os.Environ(), "PILOT_CERT_PROVIDER=istiod", "POD_NAMESPACE=istio-system", "CLUSTER_ID=Kubernetes", "POD_NAME=istiod-"+p.namespace)
	if delay > 0 {
		d.env = append(d.env, "PILOT_DEBOUNCE_AFTER="+delay.String(), "PILOT_DEBOUNCE_MAX="+delay.String(), "PILOT_ENABLE_EDS_DEBOUNCE=false")
	}
	d.start()
	p.Cleanup(d.close)
	p.routed = func() string {
		d.ready()
		return d.grpc
	}
	return d
}

func (d *istiod) start() {
	d.Helper()
	log, err := os.OpenFile(filepath.Join(d.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	d.must(err)
	cmd := exec.Command(d.args[0], d.args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = d.dir, d.env, log, log
	d.must(cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		_ = log.Close()
		close(ended)
	}()
	d.cmd, d.ended = cmd, ended
}

// ready waits until it serves what it knows, which takes at least its delay.
func (d *istiod) ready() {
	d.Helper()
	d.must(until(d.Context(), d.patience, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.debug+"/ready", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("istiod is not ready: %s", response.Status)
		}
		return nil
	}))
}

func (d *istiod) signal(signal syscall.Signal) {
	d.Helper()
	d.must(d.cmd.Process.Signal(signal))
}

// kill ends it without a chance to tell anybody.
func (d *istiod) kill() {
	d.Helper()
	d.signal(syscall.SIGKILL)
	<-d.ended
}

func (d *istiod) close() {
	_ = d.cmd.Process.Kill()
	<-d.ended
	if text, err := os.ReadFile(filepath.Join(d.dir, "log")); err == nil && d.Failed() {
		d.Logf("the journey's own istiod:\n%s", text[max(0, len(text)-3000):])
	}
}

// controlled starts a controller that looks after this namespace alone.
func (p *shop) controlled(flags ...string) {
	p.Helper()
	flags = slices.Concat(serin.Alone, []string{"--namespace-selector=kubernetes.io/metadata.name=" + p.namespace}, flags)
	c, err := serin.Start(p.Kubeconfig, flags...)
	p.must(err)
	p.Cleanup(func() {
		c.Kill()
		if problem := c.Problem(); problem != "" {
			p.Error(problem)
		}
		if p.Failed() {
			p.Log(c.About(p.namespace))
		}
	})
}
