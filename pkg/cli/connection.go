// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// connection is the flags that say where and as whom. They are kubectl's, made
// with client-go: cli-runtime would bring Kustomize along.
type connection struct {
	kubeconfig string
	overrides  clientcmd.ConfigOverrides
}

func (c *connection) add(flags *pflag.FlagSet) {
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "path of the kubeconfig `FILE` to use")
	flags.StringVar(&c.overrides.CurrentContext, "context", "", "`NAME` of the kubeconfig context to use")
	flags.StringVarP(&c.overrides.Context.Namespace, "namespace", "n", "", "`NAMESPACE` of the Deployment")
	flags.StringVar(&c.overrides.AuthInfo.Impersonate, "as", "", "`USER` to act as")
	flags.StringArrayVar(&c.overrides.AuthInfo.ImpersonateGroups, "as-group", nil, "`GROUP` to act as, may be repeated")
	flags.StringVar(&c.overrides.Timeout, "request-timeout", "", "longest `TIME` for a request to the API server, such as 10s")
}

func (c *connection) connect(warn io.Writer, now func() time.Time) (*session, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &c.overrides)
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, fmt.Errorf("reading the namespace from the kubeconfig: %w", err)
	}
	config.WarningHandler = rest.NewWarningWriter(warn, rest.WarningWriterOptions{Deduplicate: true})
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client from the kubeconfig: %w", err)
	}
	return &session{client: client, namespace: namespace, where: c.where(namespace), now: now}, nil
}

// where repeats the flags that a next command needs to reach the same place.
func (c *connection) where(namespace string) string {
	words := " -n " + namespace
	if c.overrides.CurrentContext != "" {
		words += " --context " + c.overrides.CurrentContext
	}
	if c.kubeconfig != "" {
		words += " --kubeconfig " + c.kubeconfig
	}
	return words
}
