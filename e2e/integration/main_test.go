// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/lab"
)

var (
	virtualServices  = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}
	destinationRules = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"}
)

// cluster is a control plane with guard and permissions installed.
type cluster struct {
	*lab.Lab
	config *rest.Config
	api    kubernetes.Interface
	any    dynamic.Interface
	token  string // of the controller's ServiceAccount
	*recorder
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
	for _, file := range []string{"namespace.yaml", "serviceaccount.yaml", "rbac.yaml"} {
		if err := c.apply(ctx, file); err != nil {
			return err
		}
	}
	if c.token, err = c.tokenOf(ctx, "serin"); err != nil {
		return err
	}
	c.recorder = newRecorder()
	return c.follow(ctx)
}

// follow records everything that a test may want to look at.
func (c *cluster) follow(ctx context.Context) error {
	apps, core, discovery, events := c.api.AppsV1(), c.api.CoreV1(), c.api.DiscoveryV1(), c.api.EventsV1()
	sources := map[string]source{
		"Deployment":    from(apps.Deployments(corev1.NamespaceAll)),
		"ReplicaSet":    from(apps.ReplicaSets(corev1.NamespaceAll)),
		"Pod":           from(core.Pods(corev1.NamespaceAll)),
		"Service":       from(core.Services(corev1.NamespaceAll)),
		"EndpointSlice": from(discovery.EndpointSlices(corev1.NamespaceAll)),
		"Event":         from(events.Events(corev1.NamespaceAll)),
	}
	if c.IstiodHTTP != "" {
		sources["VirtualService"] = from(c.any.Resource(virtualServices))
		sources["DestinationRule"] = from(c.any.Resource(destinationRules))
	}
	for kind, source := range sources {
		if err := c.record(ctx, kind, source); err != nil {
			return fmt.Errorf("watching %ss: %w", kind, err)
		}
	}
	return nil
}
