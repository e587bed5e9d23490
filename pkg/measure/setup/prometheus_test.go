// SPDX-License-Identifier: Apache-2.0

package setup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/setup"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"": "",
		"--prometheus http://p:9090 --prometheus-timeout 3s":                                "",
		"--prometheus p:9090":                                                               `--prometheus: "p:9090" is not an address such as http://prometheus.monitoring.svc:9090`,
		"--prometheus-ca-file ca.pem":                                                       "--prometheus: is missing, and the other flags that begin with --prometheus need it",
		"--prometheus http://p:9090 --prometheus-token-file t --prometheus-username u":      "--prometheus: prometheus can be shown either a token or a password, not both",
		"--prometheus http://p:9090 --http-duration-unit h --pod-label= --http-code-label=": "--http-duration-unit: \"h\" is neither s nor ms\n--pod-label: must not be empty\n--http-code-label: must not be empty",
	} {
		var p setup.Prometheus
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		p.Add(set, "")
		p.AddDurations(set)
		if err := set.Parse(strings.Fields(line)); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := errors.Join(p.Validate()...); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

var subject = presets.Subject{Namespace: "web", Target: "shop", Canary: "shop-canary", StableHash: "5d9f"}

func TestPresetsHaveTheNamesOfTheFlags(t *testing.T) {
	t.Parallel()
	var p setup.Prometheus
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	p.Add(set, "")
	if err := set.Parse([]string{"--pod-label=kubernetes_pod", "--http-requests-metric=hits"}); err != nil {
		t.Fatal(err)
	}
	all := p.Presets()
	if got := all[len(all)-1].Exists(subject).String(); got != `hits{namespace="web",kubernetes_pod=~"shop-5d9f-[a-z0-9]{5}|shop-canary-[a-z0-9]{1,10}-[a-z0-9]{5}"}` {
		t.Error(got)
	}
}
