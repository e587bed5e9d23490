// SPDX-License-Identifier: Apache-2.0

package lateistio_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/internal/inside"
	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/lab"
)

// cluster is a lab with a node and without Istio, and Serin installed.
type cluster struct {
	*lab.Lab
	*journal.Recorder
	api kubernetes.Interface
	any dynamic.Interface
}

var shared *cluster

func TestMain(m *testing.M) {
	os.Exit(inside.Main(context.Background(), m, lab.Options{Node: true, Images: os.Getenv("LAB_IMAGES"), Progress: os.Stderr}, prepare))
}

func prepare(ctx context.Context, l *lab.Lab) (func() error, error) {
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	shared = &cluster{Lab: l, Recorder: journal.New()}
	if shared.api, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	if shared.any, err = dynamic.NewForConfig(config); err != nil {
		return nil, err
	}
	if err := shared.Follow(ctx, shared.api, shared.any, false); err != nil {
		return nil, err
	}
	return func() error { return nil }, shared.install(ctx)
}

// install applies deploy/ with kubectl as for a cluster without Istio, and waits until the controller runs.
func (c *cluster) install(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "deploy-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.CopyFS(filepath.Join(dir, "deploy"), os.DirFS("../../../deploy")); err != nil {
		return err
	}
	text, err := os.ReadFile("testdata/kustomization.yaml")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), text, 0o600); err != nil {
		return err
	}
	if err := c.kubectl(ctx, nil, "apply", "-k", dir); err != nil {
		return err
	}
	return c.kubectl(ctx, nil, "rollout", "status", "deployment/serin", "--namespace=serin-system", "--timeout=2m")
}

// kubectl runs it, with something to read.
func (c *cluster) kubectl(ctx context.Context, input []byte, args ...string) error {
	binary, err := lab.Binary()
	if err != nil {
		return err
	}
	command := c.Command(ctx, binary, append([]string{"kubectl", "--kubeconfig=" + c.Kubeconfig}, args...)...)
	command.Stdin = bytes.NewReader(input)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %v: %w: %s", args, err, bytes.TrimSpace(out))
	}
	return nil
}
