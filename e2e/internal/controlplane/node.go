// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"

	"golang.org/x/sync/errgroup"

	"github.com/serin-dev/serin/e2e/internal/node"
)

// These are where everybody has them: /run and /var are the node's own.
const (
	containerdSocket = "/run/containerd/containerd.sock"
	proxyHealth      = "127.0.0.1:10256"
)

func (b *bringUp) containerd() Component {
	return Component{Name: "containerd", Path: "containerd"}.with("--config=" + b.layout.data("containerd.toml"))
}

func (b *bringUp) kubelet() Component {
	return program(b.self, "kubelet").with(
		"--config="+b.layout.data("kubelet.yaml"),
		"--kubeconfig="+b.layout.componentConfig("kubelet"),
		"--hostname-override="+node.Name,
		"--node-ip="+nodeIP,
	)
}

func (b *bringUp) proxy() Component {
	return program(b.self, "kube-proxy").with("--config=" + b.layout.data("kube-proxy.yaml"))
}

func (b *bringUp) runNode(ctx context.Context) error {
	if err := b.wait(ctx, "containerd", listening(containerdSocket)); err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return b.importImages(ctx) })
	work.Go(func() error {
		if err := b.start(b.kubelet()); err != nil {
			return err
		}
		return b.wait(ctx, "kubelet", b.client.nodeReady)
	})
	return work.Wait()
}

func (b *bringUp) runProxy(ctx context.Context) error {
	if err := b.start(b.proxy()); err != nil {
		return err
	}
	return b.wait(ctx, "kube-proxy", httpReady("http://"+proxyHealth+"/healthz"))
}

func listening(socket string) check {
	return func(ctx context.Context) error {
		connection, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err != nil {
			return err
		}
		return connection.Close()
	}
}

func (b *bringUp) importImages(ctx context.Context) error {
	files, err := node.Images(b.Images)
	if err != nil {
		return err
	}
	for _, file := range files {
		command := ImportCommand(file)
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("importing the image file %s: %w: %s", file, err, bytes.TrimSpace(out))
		}
		b.say("%-24s imported", file)
	}
	return nil
}

// ImportCommand gives the images of a file to the containerd of the node on which it is run.
func ImportCommand(file string) []string {
	// k8s.io is the namespace in which the kubelet's containerd looks.
	return []string{"ctr", "--address=" + containerdSocket, "--namespace=k8s.io", "images", "import", file}
}
