// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/controller"
	"github.com/serin-dev/serin/pkg/measure/setup"
)

// prometheus is where canaries are measured, and by what.
type prometheus struct {
	setup.Prometheus
	checks string
}

func (p *prometheus) add(flags *pflag.FlagSet) {
	p.Add(flags, "Prometheus to measure canaries by, such as http://prometheus.monitoring.svc:9090; empty: pod health alone judges")
	p.AddDurations(flags)
	flags.StringVar(&p.checks, "checks", "", "NAMESPACE/NAME of the ConfigMap with the checks of Deployments that name none; empty: the built-in checks")
}

func (p *prometheus) validate() (problems []error) {
	if !configMap.MatchString(p.checks) {
		problems = append(problems, fmt.Errorf("--checks: %q is not the namespace and name of a ConfigMap, such as serin-system/checks", p.checks))
	}
	if p.Source.Address == "" && p.checks != "" {
		problems = append(problems, errors.New("--prometheus: is missing, and --checks needs it"))
	}
	return append(problems, p.Validate()...)
}

// configMap is NAMESPACE/NAME, or nothing.
var configMap = regexp.MustCompile(`^([^/]+/[^/]+)?$`)

// options are what the controller measures by; nil: nothing is measured.
func (p *prometheus) options() (*controller.Prometheus, error) {
	if p.Source.Address == "" {
		return nil, nil //nolint:nilnil // nothing is wrong, and nothing is measured
	}
	client, err := p.Client()
	if err != nil {
		return nil, err
	}
	namespace, name, _ := strings.Cut(p.checks, "/")
	return &controller.Prometheus{
		Asker: client, Presets: p.Presets(), Checks: types.NamespacedName{Namespace: namespace, Name: name},
	}, nil
}
