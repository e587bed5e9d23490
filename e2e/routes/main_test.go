// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/lab"
)

// cluster is a control plane with istiod, and a way to write to it.
type cluster struct {
	*lab.Lab
	api kubernetes.Interface
	any dynamic.Interface
}

var shared *cluster

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	l, err := lab.Start(context.Background(), lab.Options{Istio: true})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, l.Stop()) }()
	shared = &cluster{Lab: l}
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig)
	if err != nil {
		return 1, err
	}
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{} // fields that the API server does not know are dropped
	if shared.api, err = kubernetes.NewForConfig(config); err != nil {
		return 1, err
	}
	if shared.any, err = dynamic.NewForConfig(config); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
