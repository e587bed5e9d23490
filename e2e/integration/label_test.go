// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

func withLabel(d *appsv1.Deployment, version string) *appsv1.Deployment {
	d.Spec.Template.Labels = with(d.Spec.Template.Labels, "version", version)
	return d
}

// relabel wants another version, with a label that says so.
func (p *shop) relabel(version string) {
	p.Helper()
	p.patch(types.StrategicMergePatchType, fmt.Sprintf(
		`{"spec":{"template":{"metadata":{"labels":{"version":%q}},"spec":{"containers":[{"name":"app","image":%q}]}}}}`,
		version, registry+p.name+":"+version))
}

// labelled waits until the Service says which version is in production.
func (p *shop) labelled(version string) {
	p.Helper()
	p.await("the Service's label", func(v journal.View) string {
		if service := journal.Get[*corev1.Service](v, "Service", p.name); service.Labels["version"] != version {
			return fmt.Sprintf("the labels are %v", service.Labels)
		}
		return ""
	})
}
