// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/serin-dev/serin/pkg/permissions"
)

// serving is what the process itself serves, and to whom.
type serving struct {
	metrics, probes, pprof string
	secure                 bool
	certificates           string
}

func (s *serving) add(flags *pflag.FlagSet) {
	flags.StringVar(&s.metrics, "metrics-bind-address", ":8080", "address of the metrics; 0 serves none")
	flags.BoolVar(&s.secure, "metrics-secure", false, "serve the metrics by HTTPS, and only to those who may get /metrics (ClusterRole serin-metrics-reader); the API server is asked who they are")
	flags.StringVar(&s.certificates, "metrics-cert-dir", "", "folder with tls.crt and tls.key of the metrics, read again when they change; empty: a self-signed certificate, made at start")
	flags.StringVar(&s.probes, "health-probe-bind-address", "0", "address of /healthz and /readyz, such as :8081; 0 serves none")
	flags.StringVar(&s.pprof, "pprof-bind-address", "", "address of Go's profiles, such as 127.0.0.1:6060: anybody who can reach it may ask, so keep it on the loopback; empty serves none")
}

func (s *serving) validate() (problems []error) {
	for name, address := range map[string]string{"metrics-bind-address": s.metrics, "health-probe-bind-address": s.probes, "pprof-bind-address": s.pprof} {
		none := address == "0" || (address == "" && name == "pprof-bind-address")
		if _, _, err := net.SplitHostPort(address); !none && err != nil {
			problems = append(problems, fmt.Errorf("--%s: %q is not an address such as :8080 or 127.0.0.1:8080 (or 0 for none)", name, address))
		}
	}
	if s.secure && s.metrics == "0" {
		problems = append(problems, errors.New("--metrics-secure: there are no metrics with --metrics-bind-address=0"))
	}
	if s.certificates != "" && !s.secure {
		problems = append(problems, errors.New("--metrics-cert-dir: there is nobody to show a certificate to without --metrics-secure"))
	}
	return problems
}

// needs are the flags that need permissions of their own.
func (s *serving) needs() []string {
	if s.secure {
		return []string{permissions.MetricsSecure}
	}
	return nil
}

// options are those of the metrics. Without a folder a certificate is made in memory.
func (s *serving) options() server.Options {
	options := server.Options{BindAddress: s.metrics, HandlerOpts: []func(*promhttp.HandlerOpts){exemplary}}
	if s.secure {
		options.SecureServing, options.CertDir = true, s.certificates
		options.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return options
}

// exemplary serves OpenMetrics to those who ask for it: other formats have no exemplars.
func exemplary(o *promhttp.HandlerOpts) { o.EnableOpenMetrics = true }
