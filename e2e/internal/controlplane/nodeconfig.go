// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"embed"
	"text/template"

	"github.com/serin-dev/serin/e2e/internal/node"
)

// nodeTemplates say in their comments why each setting is there.
//
//go:embed node/*
var nodeTemplates embed.FS

// nodeSettings is what the templates take.
type nodeSettings struct {
	NodeName, NodeIP           string
	PodCIDR, Bridge            string
	PauseImage, Cgroup, Socket string
	PluginDir, NetworkDir      string
	ProxyKubeconfig, Health    string
}

// addNodeConfigs adds the configuration files of containerd, its network, kubelet and kube-proxy.
func (b *bringUp) addNodeConfigs(files map[string][]byte) error {
	plugins, err := node.PluginDir()
	if err != nil {
		return err
	}
	settings := nodeSettings{
		NodeName: node.Name, NodeIP: nodeIP,
		PodCIDR: node.PodCIDR, Bridge: node.Bridge,
		PauseImage: node.PauseImage, Cgroup: node.CgroupOf(b.layout.Dir).Path(), Socket: containerdSocket,
		PluginDir: plugins, NetworkDir: b.layout.data("cni"),
		ProxyKubeconfig: b.layout.componentConfig("kube-proxy"), Health: proxyHealth,
	}
	templates, err := template.ParseFS(nodeTemplates, "node/*")
	if err != nil {
		return err
	}
	for name, path := range map[string]string{
		"containerd.toml": b.layout.data("containerd.toml"),
		"pods.conflist":   b.layout.data("cni", "pods.conflist"),
		"kubelet.yaml":    b.layout.data("kubelet.yaml"),
		"kube-proxy.yaml": b.layout.data("kube-proxy.yaml"),
	} {
		var text bytes.Buffer
		if err := templates.ExecuteTemplate(&text, name, settings); err != nil {
			return err
		}
		files[path] = text.Bytes()
	}
	return nil
}
