// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// controllerWith is the controller's own Deployment.
func controllerWith(args ...string) *appsv1.Deployment {
	d := deployment("serin", "serin:v1", 2)
	d.Namespace, d.Labels = "serin-system", map[string]string{"app.kubernetes.io/name": "serin"}
	d.Spec.Template.Spec.Containers[0].Args = args
	return d
}

func endpoints(ready bool) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "prometheus-1", Labels: map[string]string{discoveryv1.LabelServiceName: "prometheus"}},
		Endpoints:  []discoveryv1.Endpoint{{Conditions: discoveryv1.EndpointConditions{Ready: &ready}}},
	}
}

func TestDoctorLooksAtPrometheus(t *testing.T) {
	const well, dead = "ok      http://prometheus.monitoring:9090: Service prometheus in namespace monitoring has a ready endpoint", "nobody answers at"
	for name, test := range map[string]struct {
		objects []runtime.Object
		says    string // empty: nothing about it
	}{
		"one that is ready":            {[]runtime.Object{controllerWith("--prometheus=http://prometheus.monitoring:9090"), endpoints(true)}, well},
		"in two words":                 {[]runtime.Object{controllerWith("--prometheus", "http://prometheus.monitoring:9090"), endpoints(true)}, well},
		"by its whole name":            {[]runtime.Object{controllerWith("--prometheus=http://prometheus.monitoring.svc.cluster.local"), endpoints(true)}, "has a ready endpoint"},
		"one that is not ready":        {[]runtime.Object{controllerWith("--prometheus=http://prometheus.monitoring:9090"), endpoints(false)}, dead},
		"one that is not there":        {[]runtime.Object{controllerWith("--prometheus=http://prometheus.monitoring:9090")}, dead},
		"beside the controller":        {[]runtime.Object{controllerWith("--prometheus=http://prometheus:9090")}, "Service prometheus in namespace serin-system"},
		"outside of the cluster":       {[]runtime.Object{controllerWith("--prometheus=https://metrics.example.com/prometheus")}, "is outside of the cluster"},
		"an address of numbers":        {[]runtime.Object{controllerWith("--prometheus=http://10.0.0.7:9090")}, "is outside of the cluster"},
		"no address":                   {[]runtime.Object{controllerWith("--prometheus=prometheus:9090")}, "is no address"},
		"none":                         {[]runtime.Object{controllerWith("--prometheus-timeout=5s")}, "the controller was given none"},
		"a controller of another name": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			said := clinic(t, test.objects...).run(t, "doctor")
			if told := strings.Contains(said, "\nPrometheus\n"); told != (test.says != "") || !strings.Contains(said, test.says) {
				t.Errorf("it does not say %q, but\n%s", test.says, said)
			}
		})
	}
}
