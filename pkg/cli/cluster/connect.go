// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Cluster is whom the command speaks with, and about where.
type Cluster struct {
	API       kubernetes.Interface
	Any       dynamic.Interface // for Istio's objects
	Reader    client.Reader     // for what the controller's own packages read; nil in tests that need none
	Namespace string
	Where     string // flags that lead a next command to the same place, with a space in front
	Now       func() time.Time
}

// Connect reads the user's flags and kubeconfig.
func Connect(flags *genericclioptions.ConfigFlags, warn io.Writer, now func() time.Time) (*Cluster, error) {
	config, err := flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w; to name another one: --kubeconfig FILE", err)
	}
	namespace, _, err := flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, fmt.Errorf("reading the namespace from the kubeconfig: %w", err)
	}
	config.WarningHandler = rest.NewWarningWriter(warn, rest.WarningWriterOptions{Deduplicate: true})
	config.QPS = -1 // a person's few requests; the API server's own fairness is enough
	c := &Cluster{Namespace: namespace, Where: where(flags, namespace), Now: now}
	if c.API, err = kubernetes.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("making a client from the kubeconfig: %w", err)
	}
	if c.Any, err = dynamic.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("making a client from the kubeconfig: %w", err)
	}
	c.Reader, err = newReader(config)
	return c, err
}

// where repeats the flags that a next command needs to reach the same place.
func where(flags *genericclioptions.ConfigFlags, namespace string) string {
	words := " -n " + namespace
	if flags.Context != nil && *flags.Context != "" {
		words += " --context " + quoted(*flags.Context)
	}
	if flags.KubeConfig != nil && *flags.KubeConfig != "" {
		words += " --kubeconfig " + quoted(*flags.KubeConfig)
	}
	return words
}

// quoted is the word as a shell takes it.
func quoted(word string) string {
	if strings.ContainsAny(word, " '\"$&;|<>()\\`*?[]#~!") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// In is the same cluster, about another namespace.
func (c *Cluster) In(namespace string) *Cluster {
	other := *c
	other.Namespace = namespace
	other.Where = strings.Replace(c.Where, " -n "+c.Namespace, " -n "+namespace, 1)
	return &other
}
