// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"os"

	"github.com/serin-dev/serin/e2e/internal/envfile"
	"github.com/serin-dev/serin/e2e/internal/fakepods"
)

// meshConfig is Istio's own default but for the access log, which nobody reads here.
const meshConfig = "rootNamespace: " + istioNamespace + "\ntrustDomain: cluster.local\n"

func (b *bringUp) writeConfigs() error {
	stages, err := fakepods.Stages()
	if err != nil {
		return err
	}
	files := map[string][]byte{
		b.layout.data("kwok.yaml"):           stages,
		b.layout.data("istiod", "mesh.yaml"): []byte(meshConfig),
	}
	if b.Node {
		if err := b.addNodeConfigs(files); err != nil {
			return err
		}
	}
	for path, data := range files {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeEnv tells a shell or a test where everything is. A component that was not asked for has no line.
func (b *bringUp) writeEnv() error {
	lines := []envfile.Line{
		{Key: "KUBECONFIG", Value: b.layout.Kubeconfig()},
		{Key: "LAB_DIR", Value: b.layout.Dir},
		{Key: "LAB_APISERVER", Value: "https://" + b.at.apiserver},
		{Key: "LAB_CA_FILE", Value: b.layout.caFile()},
		{Key: "LAB_ADMIN_TOKEN", Value: b.tokens["admin"]},
		{Key: "LAB_TOKENS", Value: b.layout.Tokens()},
		{Key: "LAB_PIDS", Value: b.layout.PIDs()},
		{Key: "LAB_LOGS", Value: b.layout.path("logs")},
		{Key: "LAB_ETCD", Value: "http://" + b.at.etcd},
	}
	if b.Node {
		lines = append(lines, envfile.Line{Key: "LAB_NODE_IP", Value: nodeIP})
	}
	if b.Istio {
		lines = append(lines,
			envfile.Line{Key: "LAB_ISTIOD_HTTP", Value: b.at.istiodHTTP},
			envfile.Line{Key: "LAB_ISTIOD_GRPC", Value: b.at.istiodGRPC})
	}
	if err := envfile.Write(b.layout.Env(), lines); err != nil {
		return fmt.Errorf("writing the addresses: %w", err)
	}
	return nil
}
