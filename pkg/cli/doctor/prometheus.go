// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/model"
)

const prometheusAbout = "Prometheus"

// examinePrometheus finds out whether what the controller was told to ask can
// answer. A controller that runs elsewhere, or whose Deployment has another
// name, tells nothing here.
func (e *examination) examinePrometheus(ctx context.Context, controllers []appsv1.Deployment, err error) []model.Finding {
	if err != nil {
		return []model.Finding{unknown(prometheusAbout, err)}
	}
	if len(controllers) == 0 {
		return nil
	}
	address := flagOf(controllers, "--prometheus")
	if address == "" {
		return []model.Finding{{About: prometheusAbout, Level: model.Note, Text: "the controller was given none: canaries are judged by the health of their pods alone",
			Do: "give it --prometheus=URL (the chart: prometheus.address); see docs/operations.md"}}
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" {
		return []model.Finding{{About: prometheusAbout, Level: model.Broken, Text: fmt.Sprintf("%q is no address", address), Do: "give the controller --prometheus=http://SERVICE.NAMESPACE:9090"}}
	}
	namespace, service, inside := e.serviceIn(parsed.Hostname())
	if !inside {
		return []model.Finding{{About: prometheusAbout, Level: model.Unknown,
			Text: address + " is outside of the cluster, and not looked at from here; 'kubectl serin status' of a rollout says what the controller hears from it"}}
	}
	return []model.Finding{e.examineService(ctx, address, e.In(namespace), service)}
}

// examineService looks for somebody who answers at a Service.
func (e *examination) examineService(ctx context.Context, address string, c *cluster.Cluster, service string) model.Finding {
	slices, err := c.API.DiscoveryV1().EndpointSlices(c.Namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + service})
	if err != nil {
		return unknown(prometheusAbout, c.Explain(err, "list", "endpointslices.discovery.k8s.io", "looking at "+address))
	}
	ready := 0
	for _, slice := range slices.Items {
		for _, endpoint := range slice.Endpoints {
			if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready {
				ready++
			}
		}
	}
	if ready == 0 {
		return model.Finding{About: prometheusAbout, Level: model.Broken,
			Text: fmt.Sprintf("nobody answers at %s: Service %s in namespace %s has no ready endpoint, and rollouts wait for data", address, service, c.Namespace),
			Do:   fmt.Sprintf("kubectl get service,endpointslices -n %s", c.Namespace)}
	}
	return model.Finding{About: prometheusAbout, Level: model.OK, Text: fmt.Sprintf("%s: Service %s in namespace %s has a ready endpoint", address, service, c.Namespace)}
}

// serviceIn reads a name as the cluster's DNS would: SERVICE, SERVICE.NAMESPACE,
// or SERVICE.NAMESPACE.svc and what follows.
func (e *examination) serviceIn(host string) (namespace, service string, inside bool) {
	parts := strings.Split(host, ".")
	switch {
	case len(parts) == 1 && host != "localhost" && !strings.Contains(host, ":"):
		return e.Controller, parts[0], true
	case len(parts) == 2, len(parts) > 2 && parts[2] == "svc":
		return parts[1], parts[0], true
	}
	return "", "", false
}
