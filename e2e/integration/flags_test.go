// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

func TestSenselessFlagsEndTheProcess(t *testing.T) {
	t.Parallel()
	kubeconfig := newProxy(t, shared, shared.token).Kubeconfig
	for name, test := range map[string]struct {
		flags []string
		words []string
	}{
		"no workers":                {[]string{"--workers=0"}, []string{"--workers", "at least 1"}},
		"workers that are no count": {[]string{"--workers=many"}, []string{"--workers", "many"}},
		"less than silent":          {[]string{"-v=-1"}, []string{"--verbosity", "0 or more"}},
		"a port alone":              {[]string{"--metrics-bind-address=8080"}, []string{"--metrics-bind-address", `"8080"`, ":8080"}},
		"probes nowhere":            {[]string{"--health-probe-bind-address="}, []string{"--health-probe-bind-address", ":8080"}},
		"no domain":                 {[]string{"--cluster-domain="}, []string{"--cluster-domain", "cluster.local"}},
		"a lease nowhere":           {[]string{"--namespace="}, []string{"--namespace", "--leader-elect"}},
		"an istiod nowhere":         {[]string{"--istiod=istiod:15014"}, []string{"--istiod", `"istiod:15014"`, "http://"}},
		"a token for nobody":        {[]string{"--istiod-token-file=/token"}, []string{"--istiod-token-file", "--istiod"}},
		"labels that are none":      {[]string{"--namespace-selector=a=b=c"}, []string{"--namespace-selector"}},
		"namespaces of both kinds":  {[]string{"--namespaces=web", "--namespace-selector=a=b"}, []string{"--namespaces", "--namespace-selector", "exclude each other"}},
		"namespaces that are none":  {[]string{"--namespaces=web,Shop"}, []string{"--namespaces", `"Shop"`}},
		"a namespace twice":         {[]string{"--namespaces=web,web"}, []string{"--namespaces", "web is there twice"}},
		"no namespaces":             {[]string{"--namespaces="}, []string{"--namespaces", "names none"}},
		"a flag that is unknown":    {[]string{"--replicas=3"}, []string{"--replicas"}},
		"more than flags":           {[]string{"run"}, []string{"run"}},
		"no such file":              {[]string{"--kubeconfig=/nowhere/kubeconfig"}, []string{"/nowhere/kubeconfig", "--kubeconfig"}},
		"a file that is none":       {[]string{"--kubeconfig=/proc/self/stat"}, []string{"--kubeconfig"}},
		"several":                   {[]string{"--workers=0", "-v=-1", "--cluster-domain="}, []string{"--workers", "--verbosity", "--cluster-domain"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := append([]string{"--kubeconfig", kubeconfig}, test.flags...)
			if text := refusal(t, flags...); strings.Count(text, "\n") != 1 || !containsAll(text, test.words) {
				t.Errorf("%v should end with one line that says %q, and said:\n%s", test.flags, test.words, text)
			}
		})
	}
}

// refusal is all that the controller prints before it ends with status 1.
func refusal(t *testing.T, flags ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	binary, err := serin.Binary()
	if err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(ctx, binary, flags...).CombinedOutput()
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Errorf("%v should end with status 1, and ended with %v:\n%s", flags, err, said)
	}
	return string(said)
}

func TestMissingPermissionsAreNamed(t *testing.T) {
	t.Parallel()
	p := newProxy(t, shared, shared.Tokens["alice"])
	said := refusal(t, "--kubeconfig", p.Kubeconfig, "--metrics-bind-address=0", "--health-probe-bind-address=0")
	last := lastLine(said)
	for _, permission := range []string{
		"list deployments.apps", "watch deployments.apps", "list replicasets.apps", "watch pods", "list services", "watch endpointslices.discovery.k8s.io",
		"list namespaces", "watch horizontalpodautoscalers.autoscaling",
		"create leases.coordination.k8s.io in namespace serin-system",
	} {
		if !strings.Contains(last, permission) {
			t.Errorf("the last line does not name %q: %s", permission, last)
		}
	}
	for _, permission := range []string{
		"patch deployments.apps", "patch deployments.apps/status", "create deployments.apps", "patch services",
		"update virtualservices.networking.istio.io", "create events.events.k8s.io",
	} {
		if !strings.Contains(said, `"permission":"`+permission+`"`) {
			t.Errorf("no line names %q:\n%s", permission, said)
		}
	}
	if !containsAll(last, []string{"serin: the controller may not", "deploy/"}) {
		t.Errorf("the last line is %s", last)
	}
	if calls := p.Since(0, apiproxy.Call.Write); len(calls) > 0 {
		t.Errorf("it wrote %v", calls)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func TestALeaseNeedsAHome(t *testing.T) {
	t.Parallel()
	kubeconfig := newProxy(t, shared, shared.token).Kubeconfig
	for name, test := range map[string]struct {
		namespace string
		words     []string
	}{
		"a namespace that is missing": {"nowhere", []string{"namespace nowhere", "does not exist", "deploy/", "--namespace", "--leader-elect=false"}},
		"a namespace of others": {"default", []string{"get leases.coordination.k8s.io in namespace default",
			"create leases.coordination.k8s.io in namespace default", "update leases.coordination.k8s.io in namespace default"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := refusal(t, "--kubeconfig", kubeconfig, "--metrics-bind-address=0", "--health-probe-bind-address=0", "--namespace", test.namespace)
			if last := lastLine(said); !strings.HasPrefix(last, "serin: ") || !containsAll(last, test.words) {
				t.Errorf("the last line should say %q, and all is\n%s", test.words, said)
			}
		})
	}
}
