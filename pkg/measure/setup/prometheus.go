// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/source"
)

// Prometheus is whom to ask, and for what.
type Prometheus struct {
	Source source.Config
	labels presets.Labels
	http   presets.HTTP
	unit   string
}

// Add adds the flags that counting requests needs. The usage is that of --prometheus itself.
func (p *Prometheus) Add(flags *pflag.FlagSet, usage string) {
	p.labels, p.http, p.unit = presets.UsualLabels, presets.UsualHTTP, "s"
	flags.StringVar(&p.Source.Address, "prometheus", "", usage)
	flags.StringVar(&p.Source.TokenFile, "prometheus-token-file", "", "`FILE` with the bearer token to show to Prometheus; empty: none")
	flags.StringVar(&p.Source.Username, "prometheus-username", "", "`USER` of Prometheus; empty: none")
	flags.StringVar(&p.Source.PasswordFile, "prometheus-password-file", "", "`FILE` with that user's password")
	flags.StringVar(&p.Source.CAFile, "prometheus-ca-file", "", "`FILE` with the certificates that vouch for Prometheus; empty: the system's")
	flags.DurationVar(&p.Source.Timeout, "prometheus-timeout", 10*time.Second, "how long Prometheus may take to answer one question")
	flags.StringVar(&p.labels.Pod, "pod-label", p.labels.Pod, "`LABEL` that Prometheus gives to what it scrapes, with the pod's name")
	flags.StringVar(&p.labels.Namespace, "namespace-label", p.labels.Namespace, "the `LABEL` with its namespace")
	flags.StringVar(&p.http.Requests, "http-requests-metric", p.http.Requests, "`COUNTER` of requests of applications without Istio's or gRPC's metrics")
	flags.StringVar(&p.http.Code, "http-code-label", p.http.Code, "its `LABEL` with the HTTP status")
}

// AddDurations adds those that latencies need.
func (p *Prometheus) AddDurations(flags *pflag.FlagSet) {
	flags.StringVar(&p.http.Duration, "http-duration-metric", p.http.Duration, "`HISTOGRAM` of those applications' durations, without _bucket")
	flags.StringVar(&p.unit, "http-duration-unit", p.unit, "its `UNIT`: s or ms")
}

var units = map[string]time.Duration{"s": time.Second, "ms": time.Millisecond}

// Validate gives all that is wrong with the flags.
func (p *Prometheus) Validate() (problems []error) {
	if _, found := units[p.unit]; !found {
		problems = append(problems, fmt.Errorf("--http-duration-unit: %q is neither s nor ms", p.unit))
	}
	for _, flag := range []struct{ name, value string }{{"pod-label", p.labels.Pod}, {"namespace-label", p.labels.Namespace},
		{"http-requests-metric", p.http.Requests}, {"http-code-label", p.http.Code}, {"http-duration-metric", p.http.Duration}} {
		if flag.value == "" {
			problems = append(problems, fmt.Errorf("--%s: must not be empty", flag.name))
		}
	}
	if err := p.validateSource(); err != nil {
		problems = append(problems, err)
	}
	return problems
}

func (p *Prometheus) validateSource() error {
	if p.Source.Address == "" {
		if p.Source.TokenFile+p.Source.Username+p.Source.PasswordFile+p.Source.CAFile == "" {
			return nil
		}
		return errors.New("--prometheus: is missing, and the other flags that begin with --prometheus need it")
	}
	if _, err := source.New(p.Source); err != nil {
		return fmt.Errorf("--prometheus: %w", err)
	}
	return nil
}

// Client asks, where there is whom to ask.
func (p *Prometheus) Client() (*source.Client, error) {
	client, err := source.New(p.Source)
	if err != nil {
		return nil, fmt.Errorf("--prometheus: %w", err)
	}
	return client, nil
}

// Presets are the metrics to look for.
func (p *Prometheus) Presets() []presets.Preset {
	http := p.http
	http.Unit = units[p.unit]
	return presets.All(p.labels, http)
}
