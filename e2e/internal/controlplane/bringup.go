// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options say what a lab consists of.
type Options struct {
	Istio     bool `json:"istio"`
	KWOKNodes int  `json:"kwokNodes"`
	NoGuard   bool `json:"noGuard"`

	Emulated string `json:"emulated"` // version of Kubernetes whose APIs are served, such as 1.34; empty is the API server's own

	Node   bool   `json:"node"`   // containerd, kubelet and kube-proxy; we are process 1 of the node
	Images string `json:"images"` // directory of the node's image files
}

// bringUp is one lab on its way up.
type bringUp struct {
	Options
	layout Layout
	self   string // the multi-call binary
	at     addresses
	tokens map[string]string
	start  func(Component) error
	say    func(format string, args ...any)
	began  time.Time
	client *client
}

// BringUp starts every component and returns when all are ready. The caller owns the processes, also after an error.
func BringUp(ctx context.Context, layout Layout, options Options, start func(Component) error, say func(string, ...any)) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the lab's own file: %w", err)
	}
	b := &bringUp{Options: options, layout: layout, self: self, start: start, say: say, began: time.Now()}
	if err := b.prepare(); err != nil {
		return err
	}
	if err := b.begin(); err != nil {
		return err
	}
	if err := b.wait(ctx, "kube-apiserver", b.client.ready); err != nil {
		return err
	}
	if err := b.dependents(ctx); err != nil {
		return err
	}
	return b.writeEnv()
}

// prepare writes every file that a component reads, and forgets what an earlier lab left in the directory.
func (b *bringUp) prepare() (err error) {
	if err := os.RemoveAll(b.layout.Data()); err != nil {
		return fmt.Errorf("removing the data of an earlier lab: %w", err)
	}
	for _, dir := range []string{b.layout.data("etcd"), b.layout.data("istiod"), b.layout.data("cni")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if b.at, err = chooseAddresses(b.Node); err != nil {
		return err
	}
	if b.tokens, err = writeCredentials(b.layout); err != nil {
		return err
	}
	if err := b.writeKubeconfigs(); err != nil {
		return fmt.Errorf("writing kubeconfigs: %w", err)
	}
	if err := b.writeConfigs(); err != nil {
		return fmt.Errorf("writing configuration: %w", err)
	}
	b.client, err = newClient(b.layout.Kubeconfig())
	return err
}

func (b *bringUp) writeKubeconfigs() error {
	for path, user := range map[string]string{
		b.layout.Kubeconfig():                               "admin",
		b.layout.componentConfig("kube-controller-manager"): controllerManagerUser,
		b.layout.componentConfig("kube-scheduler"):          schedulerUser,
		b.layout.componentConfig("kwok"):                    kwokUser,
		b.layout.componentConfig("istiod"):                  istiodUser,
		b.layout.componentConfig("kubelet"):                 kubeletUser,
		b.layout.componentConfig("kube-proxy"):              proxyUser,
	} {
		if err := writeKubeconfig(path, "https://"+b.at.apiserver, b.layout.caFile(), user, b.tokens[user]); err != nil {
			return err
		}
	}
	return nil
}

// begin starts what needs nothing else.
func (b *bringUp) begin() error {
	components := []Component{b.etcd(), b.apiserver()}
	if b.Node {
		components = append(components, b.containerd())
	}
	for _, component := range components {
		if err := b.start(component); err != nil {
			return err
		}
	}
	return nil
}

// dependents starts what talks to the API server, and waits for all of it at once.
func (b *bringUp) dependents(ctx context.Context) error {
	waits, ctx := errgroup.WithContext(ctx)
	begin := func(run func(context.Context) error) { waits.Go(func() error { return run(ctx) }) }

	begin(b.runControllerManager)
	if !b.NoGuard {
		begin(b.client.createGuard)
	}
	if b.Istio {
		begin(b.runIstio)
	}
	if b.KWOKNodes > 0 || b.Node {
		begin(b.runScheduler)
	}
	if b.KWOKNodes > 0 {
		begin(b.runKWOK)
	}
	if b.Node {
		begin(b.runNode)
		begin(b.runProxy)
	}
	return waits.Wait()
}

func (b *bringUp) runControllerManager(ctx context.Context) error {
	if err := b.start(b.controllerManager()); err != nil {
		return err
	}
	return b.wait(ctx, "kube-controller-manager", b.client.hasDefaultServiceAccount)
}

func (b *bringUp) runIstio(ctx context.Context) error {
	if err := b.client.createNamespace(ctx, istioNamespace); err != nil {
		return err
	}
	if err := b.start(b.istiod()); err != nil {
		return err
	}
	if err := b.client.createCRDs(ctx); err != nil {
		return err
	}
	if err := b.wait(ctx, "Istio CRDs", b.client.crdsEstablished); err != nil {
		return err
	}
	return b.wait(ctx, "istiod", httpReady("http://"+b.at.istiodHTTP+"/ready"))
}

func (b *bringUp) runScheduler(ctx context.Context) error {
	if err := b.start(b.scheduler()); err != nil {
		return err
	}
	return b.wait(ctx, "kube-scheduler", httpReady("https://"+b.at.scheduler+"/readyz"))
}

func (b *bringUp) runKWOK(ctx context.Context) error {
	if err := b.client.createNodes(ctx, b.KWOKNodes); err != nil {
		return err
	}
	if err := b.start(b.kwok()); err != nil {
		return err
	}
	if err := b.wait(ctx, "kwok", httpReady("http://"+b.at.kwok+"/healthz")); err != nil {
		return err
	}
	return b.wait(ctx, "nodes", b.client.nodesReady(b.KWOKNodes))
}
