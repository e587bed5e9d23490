// SPDX-License-Identifier: Apache-2.0

package lateistio_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/serin-dev/serin/e2e/lab"
)

// startIstiod starts the one that the lab would have started, and returns where it tells clients their routes.
func (p *shop) startIstiod() string {
	p.Helper()
	binary, err := lab.Binary()
	p.must(err)
	dir, debug, grpc := p.TempDir(), p.NodeIP+":8080", p.NodeIP+":15010"
	log, err := os.Create(filepath.Join(p.Logs, "istiod.log"))
	p.must(err)
	istiod := p.Command(p.Context(), binary, "pilot-discovery", "discovery",
		"--kubeconfig="+filepath.Join(p.Dir, "data", "istiod.kubeconfig"), "--meshConfig="+filepath.Join(p.Dir, "data", "istiod", "mesh.yaml"),
		"--httpAddr="+debug, "--grpcAddr="+grpc, "--httpsAddr=", "--secureGRPCAddr=", "--ctrlz_port=0", "--monitoringAddr=")
	istiod.Dir, istiod.Stdout, istiod.Stderr = dir, log, log
	istiod.Env = append(os.Environ(), "PILOT_CERT_PROVIDER=istiod", "POD_NAMESPACE=istio-system", "POD_NAME=istiod-lab", "CLUSTER_ID=Kubernetes")
	p.must(istiod.Start())
	p.Cleanup(func() {
		_ = istiod.Process.Kill()
		_ = istiod.Wait()
		_ = log.Close()
	})
	p.poll("istiod", func() error {
		response, err := http.Get("http://" + debug + "/ready")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("it answers %s", response.Status)
		}
		return nil
	})
	return grpc
}
