// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/controller"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/source"
)

// prometheus is where canaries are measured, and by what.
type prometheus struct {
	source source.Config
	labels presets.Labels
	http   presets.HTTP
	unit   string
	checks string
}

func (p *prometheus) add(flags *pflag.FlagSet) {
	p.labels, p.http = presets.UsualLabels, presets.UsualHTTP
	flags.StringVar(&p.source.Address, "prometheus", "", "Prometheus to measure canaries by, such as http://prometheus.monitoring.svc:9090; empty: pod health alone judges")
	flags.StringVar(&p.source.TokenFile, "prometheus-token-file", "", "file with the bearer token to show to Prometheus; empty: none")
	flags.StringVar(&p.source.Username, "prometheus-username", "", "user of Prometheus; empty: none")
	flags.StringVar(&p.source.PasswordFile, "prometheus-password-file", "", "file with that user's password")
	flags.StringVar(&p.source.CAFile, "prometheus-ca-file", "", "file with the certificates that vouch for Prometheus; empty: the system's")
	flags.DurationVar(&p.source.Timeout, "prometheus-timeout", 10*time.Second, "how long Prometheus may take to answer one question")
	flags.StringVar(&p.checks, "checks", "", "NAMESPACE/NAME of the ConfigMap with the checks of Deployments that name none; empty: the built-in checks")
	flags.StringVar(&p.labels.Pod, "pod-label", p.labels.Pod, "label that Prometheus gives to what it scrapes, with the pod's name")
	flags.StringVar(&p.labels.Namespace, "namespace-label", p.labels.Namespace, "the same with its namespace")
	flags.StringVar(&p.http.Requests, "http-requests-metric", p.http.Requests, "counter of requests of applications without Istio's or gRPC's metrics")
	flags.StringVar(&p.http.Code, "http-code-label", p.http.Code, "its label with the HTTP status")
	flags.StringVar(&p.http.Duration, "http-duration-metric", p.http.Duration, "their histogram of durations, without _bucket")
	flags.StringVar(&p.unit, "http-duration-unit", "s", "its unit: s or ms")
}

var units = map[string]time.Duration{"s": time.Second, "ms": time.Millisecond}

func (p *prometheus) validate() (problems []error) {
	if !configMap.MatchString(p.checks) {
		problems = append(problems, fmt.Errorf("--checks: %q is not the namespace and name of a ConfigMap, such as serin-system/checks", p.checks))
	}
	if _, found := units[p.unit]; !found {
		problems = append(problems, fmt.Errorf("--http-duration-unit: %q is neither s nor ms", p.unit))
	}
	for name, value := range map[string]string{"pod-label": p.labels.Pod, "namespace-label": p.labels.Namespace, "http-requests-metric": p.http.Requests,
		"http-code-label": p.http.Code, "http-duration-metric": p.http.Duration} {
		if value == "" {
			problems = append(problems, fmt.Errorf("--%s: must not be empty", name))
		}
	}
	return append(problems, p.validateSource()...)
}

func (p *prometheus) validateSource() []error {
	if p.source.Address == "" {
		if p.source.TokenFile+p.source.Username+p.source.PasswordFile+p.source.CAFile+p.checks == "" {
			return nil
		}
		return []error{errors.New("--prometheus: is missing, and --checks and the other flags that begin with --prometheus need it")}
	}
	if _, err := source.New(p.source); err != nil {
		return []error{fmt.Errorf("--prometheus: %w", err)}
	}
	return nil
}

// configMap is NAMESPACE/NAME, or nothing.
var configMap = regexp.MustCompile(`^([^/]+/[^/]+)?$`)

// options are what the controller measures by; nil: nothing is measured.
func (p *prometheus) options() (*controller.Prometheus, error) {
	if p.source.Address == "" {
		return nil, nil //nolint:nilnil // nothing is wrong, and nothing is measured
	}
	client, err := source.New(p.source)
	if err != nil {
		return nil, fmt.Errorf("--prometheus: %w", err)
	}
	http := p.http
	http.Unit = units[p.unit]
	namespace, name, _ := strings.Cut(p.checks, "/")
	return &controller.Prometheus{
		Asker: client, Presets: presets.All(p.labels, http), Checks: types.NamespacedName{Namespace: namespace, Name: name},
	}, nil
}
