// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/lab"
)

// cluster is a control plane with guard and permissions installed.
type cluster struct {
	*lab.Lab
	config *rest.Config
	api    kubernetes.Interface
	any    dynamic.Interface
	token  string // of the controller's ServiceAccount
	*journal.Recorder
}

// shared is the cluster of every test that needs nothing special.
var shared *cluster

func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set("24") // tests mostly wait
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if shared, err = newCluster(ctx, lab.Options{Istio: true, KWOKNodes: 1}); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, shared.Stop()) }()
	if err := shared.installGuard(ctx); err != nil {
		return 1, err
	}
	code = m.Run()
	return code, everyones.stop()
}

// newCluster brings up a lab and gives the controller its account and its permissions.
func newCluster(ctx context.Context, options lab.Options) (*cluster, error) {
	c, err := newLab(ctx, options)
	if err != nil {
		return nil, err
	}
	if err := c.admit(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// newLab brings up a lab where nothing of Serin's is installed.
func newLab(ctx context.Context, options lab.Options) (*cluster, error) {
	l, err := lab.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	c := &cluster{Lab: l}
	if err := c.connect(ctx); err != nil {
		return nil, errors.Join(err, l.Stop())
	}
	return c, nil
}

// admit gives the controller its account, its permissions and its fence, as deploy/ has them.
func (c *cluster) admit(ctx context.Context) (err error) {
	for _, file := range slices.Concat([]string{"namespace.yaml", "serviceaccount.yaml", "rbac.yaml"}, fenceFiles) {
		if err := c.apply(ctx, file); err != nil {
			return err
		}
	}
	c.token, err = c.tokenOf(ctx, "serin")
	return err
}

func (c *cluster) connect(ctx context.Context) error {
	var err error
	if c.config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig); err != nil {
		return err
	}
	c.config.QPS, c.config.UserAgent = -1, "person"
	c.config.WarningHandler = rest.NoWarnings{}
	if c.api, err = kubernetes.NewForConfig(c.config); err != nil {
		return err
	}
	if c.any, err = dynamic.NewForConfig(c.config); err != nil {
		return err
	}
	c.Recorder = journal.New()
	return c.Follow(ctx, c.api, c.any, c.IstiodHTTP != "")
}

// as is the API server for whoever has the token.
func (c *cluster) as(token string) apiproxy.Upstream {
	return apiproxy.Upstream{Server: c.APIServer, CAFile: c.CAFile, Token: token}
}
