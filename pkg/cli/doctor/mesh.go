// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/cli/model"
)

const meshAbout = "Mesh"

// examineMesh finds out whether traffic can be moved by Istio's weights, and
// whether anybody makes routes of them.
func (e *examination) examineMesh(ctx context.Context) []model.Finding {
	var finding model.Finding
	if e.meshed, finding, e.mesh = e.installed.Mesh(ctx); e.meshed {
		return []model.Finding{finding, e.examineIstiod(ctx)}
	}
	return []model.Finding{finding}
}

// examineIstiod looks for what makes routes out of the objects.
func (e *examination) examineIstiod(ctx context.Context) model.Finding {
	pods, err := e.API.CoreV1().Pods("").List(ctx, metav1.ListOptions{LabelSelector: "app=istiod"})
	switch {
	case apierrors.IsForbidden(err):
		return model.Finding{About: meshAbout, Level: model.Unknown, Text: "istiod is not looked at: you need: list pods in all namespaces"}
	case err != nil:
		return unknown(meshAbout, err)
	case len(pods.Items) == 0:
		return model.Finding{About: meshAbout, Level: model.Note, Text: "no pod with the label app=istiod: either istiod runs outside of this cluster, or routes change nothing",
			Do: "istioctl version"}
	}
	ready := 0
	for _, pod := range pods.Items {
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				ready++
			}
		}
	}
	finding := model.Finding{About: meshAbout, Level: model.OK, Text: fmt.Sprintf("istiod: %d of %d pods ready", ready, len(pods.Items))}
	if ready == 0 {
		finding.Level, finding.Do = model.Broken, "kubectl get pods -A -l app=istiod"
		finding.Text += ": proxies keep the routes that they have, and weights change nothing"
	}
	return finding
}
