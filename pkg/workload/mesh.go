// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Istio's words for the injection of its proxy or gRPC agent.
const (
	proxyContainer     = "istio-proxy"
	injectKey          = "sidecar.istio.io/inject" // label, or annotation in older manifests
	templatesKey       = "inject.istio.io/templates"
	revisionLabel      = "istio.io/rev"
	namespaceInjection = "istio-injection"
)

// InMesh reports whether the pods of the template follow VirtualServices: they
// carry Istio's sidecar or gRPC agent, or template or namespace ask for its
// injection. Pods of the target that run now may be given as witnesses of an
// injection that was asked for elsewhere.
//
// Ambient mode (istio.io/dataplane-mode) does not count: without a sidecar,
// weights are a waypoint's affair.
func InMesh(template corev1.PodTemplateSpec, namespaceLabels map[string]string, pods ...corev1.Pod) bool {
	if hasProxy(template.Spec) {
		return true
	}
	if template.Spec.HostNetwork { // Istio never injects there
		return false
	}
	switch injection(template) {
	case "false":
		return false
	case "true":
		// A namespace that is switched off outranks its pods: the webhook is not even asked.
		return namespaceLabels[namespaceInjection] != "disabled"
	}
	for i := range pods {
		if hasProxy(pods[i].Spec) {
			return true
		}
	}
	return asksForInjection(template, namespaceLabels)
}

func asksForInjection(template corev1.PodTemplateSpec, namespaceLabels map[string]string) bool {
	switch namespaceLabels[namespaceInjection] {
	case "enabled":
		return true
	case "disabled":
		return false
	}
	return namespaceLabels[revisionLabel] != "" || template.Labels[revisionLabel] != "" || template.Annotations[templatesKey] != ""
}

// injection is the template's own wish. The label outranks the annotation, as
// it does for Istio.
func injection(template corev1.PodTemplateSpec) string {
	if wish, found := template.Labels[injectKey]; found {
		return wish
	}
	return template.Annotations[injectKey]
}

func hasProxy(spec corev1.PodSpec) bool {
	isProxy := func(c corev1.Container) bool { return c.Name == proxyContainer }
	return slices.ContainsFunc(spec.Containers, isProxy) || slices.ContainsFunc(spec.InitContainers, isProxy)
}
