// SPDX-License-Identifier: Apache-2.0

package charts_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// matrix is one row for each decision in a template.
var matrix = map[string]string{
	"nothing":                     "",
	"everything":                  everything,
	"another name":                "nameOverride: canaries",
	"a full name":                 "fullnameOverride: canaries",
	"a name that is too long":     "fullnameOverride: " + strings.Repeat("a", 70),
	"uninstalled at once":         "leave: {enabled: false}",
	"a tag":                       "image: {tag: v9.9.9}",
	"one replica":                 "replicas: 1",
	"somebody else's account":     "serviceAccount: {create: false, name: others}",
	"the default account":         "serviceAccount: {create: false}",
	"no permissions":              "rbac: {create: false}",
	"no metrics":                  "metrics: {enabled: false}",
	"metrics elsewhere":           "metrics: {port: 9102}",
	"a PodMonitor":                "metrics: {podMonitor: {enabled: true, labels: {release: x}, interval: 15s}}",
	"alerts":                      "metrics: {prometheusRule: {enabled: true}}",
	"few alerts":                  "metrics: {prometheusRule: {enabled: true, disabled: [SerinNoLeader, SerinTemplateRejected], stuckSeconds: 60}}",
	"no dashboards":               "metrics: {dashboards: {enabled: false}}",
	"metrics for some":            "metrics: {secure: {enabled: true}, serviceMonitor: {enabled: true}}",
	"metrics by a certificate":    "metrics: {secure: {enabled: true, certificateSecret: serin-tls, authorization: {credentials: {name: a, key: b}}}, podMonitor: {enabled: true}}",
	"templates are not fenced":    "fence: {template: false}",
	"no fence":                    "fence: {enabled: false}",
	"no budget":                   "podDisruptionBudget: {enabled: false}",
	"no network policy":           "networkPolicy: {enabled: false}",
	"neither metrics nor egress":  "{metrics: {enabled: false}, networkPolicy: {egress: [{}]}}",
	"traces":                      "tracing: {endpoint: 'http://otel-collector.observability.svc:4318'}",
	"istiod without a token":      "istiod: {addresses: ['http://istiod.istio-system.svc:15014'], token: false}",
	"a Prometheus":                "prometheus: {address: 'http://prometheus:9090'}",
	"a user of Prometheus":        "prometheus: {address: 'http://prometheus:9090', username: serin, secret: {name: p, passwordKey: word}}",
	"a CA alone":                  "prometheus: {address: 'https://prometheus:9090', timeout: 20s, secret: {name: p, caKey: ca}}",
	"metrics by other names":      "prometheus: {address: 'http://p:9090', namespaceLabel: ns, http: {requestsMetric: requests, codeLabel: status}}",
	"checks of somebody else":     "{prometheus: {address: 'http://p:9090'}, checks: {configMap: web/checks}}",
	"spread over nothing":         "topologySpreadConstraints: []",
	"labels said twice":           "{commonLabels: {a: b}, podLabels: {a: c}}",
	"limits taken away":           "resources: {limits: null}",
	"no resources":                "resources: null",
	"some namespaces":             "namespaces: [web, api]",
	"its own namespace":           "namespaces: [serin-system]",
	"checks outside of them":      "{namespaces: [web], prometheus: {address: 'http://p:9090'}, checks: {data: {checks.yaml: ''}}}",
	"checks within them":          "{namespaces: [web], prometheus: {address: 'http://p:9090'}, checks: {configMap: web/checks}}",
	"namespaces, and a long name": "{namespaces: [web], fullnameOverride: " + strings.Repeat("a", 70) + "}",
}

func TestEveryCombinationHolds(t *testing.T) {
	t.Parallel()
	serin := build(t)
	for name, values := range matrix {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := objects(t, manifest(t, current, values))
			checkTypes(t, all)
			checkPlaces(t, all)
			checkSelectors(t, all)
			pod := the[appsv1.Deployment](t, all, "Deployment").Spec.Template.Spec
			checkMounts(t, pod)
			serin.accepts(t, pod.Containers[0].Args)
			for _, job := range only(all, "Job") {
				serin.accepts(t, as[batchv1.Job](t, job).Spec.Template.Spec.Containers[0].Args)
			}
			check := the[corev1.Pod](t, all, "Pod").Spec
			checkMounts(t, check)
			serin.accepts(t, check.Containers[0].Args)
		})
	}
}

func checkTypes(t *testing.T, all []*unstructured.Unstructured) {
	t.Helper()
	decode := map[string]func(*testing.T, *unstructured.Unstructured){
		"Deployment":                       strict[appsv1.Deployment],
		"Service":                          strict[corev1.Service],
		"ServiceAccount":                   strict[corev1.ServiceAccount],
		"ConfigMap":                        strict[corev1.ConfigMap],
		"ClusterRole":                      strict[rbacv1.ClusterRole],
		"ClusterRoleBinding":               strict[rbacv1.ClusterRoleBinding],
		"Role":                             strict[rbacv1.Role],
		"RoleBinding":                      strict[rbacv1.RoleBinding],
		"NetworkPolicy":                    strict[networkingv1.NetworkPolicy],
		"PodDisruptionBudget":              strict[policyv1.PodDisruptionBudget],
		"MutatingAdmissionPolicy":          strict[admissionregistrationv1.MutatingAdmissionPolicy],
		"MutatingAdmissionPolicyBinding":   strict[admissionregistrationv1.MutatingAdmissionPolicyBinding],
		"ValidatingAdmissionPolicy":        strict[admissionregistrationv1.ValidatingAdmissionPolicy],
		"ValidatingAdmissionPolicyBinding": strict[admissionregistrationv1.ValidatingAdmissionPolicyBinding],
		"Job":                              strict[batchv1.Job],
		"Pod":                              strict[corev1.Pod],
		"ServiceMonitor":                   func(*testing.T, *unstructured.Unstructured) {},
		"PrometheusRule":                   func(*testing.T, *unstructured.Unstructured) {},
		"PodMonitor":                       func(*testing.T, *unstructured.Unstructured) {},
	}
	for _, object := range all {
		check, known := decode[object.GetKind()]
		if !known {
			t.Errorf("%s: no type to check it with", object.GetKind())
			continue
		}
		check(t, object)
	}
}

func strict[T any](t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	as[T](t, object)
}

// checkPlaces: each object is there once, says whose it is, and no name is too long.
func checkPlaces(t *testing.T, all []*unstructured.Unstructured) {
	t.Helper()
	seen := map[string]bool{}
	for _, object := range all {
		id := object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		cluster := strings.HasPrefix(object.GetKind(), "Cluster") || slices.Contains(guardKinds, object.GetKind())
		ours := object.GetNamespace() == "serin-system" || strings.HasPrefix(object.GetKind(), "Role")
		if cluster != (object.GetNamespace() == "") || !cluster && !ours {
			t.Errorf("%s is in namespace %q", id, object.GetNamespace())
		}
		if object.GetLabels()["app.kubernetes.io/name"] == "" {
			t.Errorf("%s does not say whose it is", id)
		}
		if len(object.GetName()) > 63 {
			t.Errorf("%s: %d letters are too many", id, len(object.GetName()))
		}
	}
}

// checkSelectors: whatever selects the controller's pods finds them.
func checkSelectors(t *testing.T, all []*unstructured.Unstructured) {
	t.Helper()
	labels := the[appsv1.Deployment](t, all, "Deployment").Spec.Template.Labels
	for _, object := range all {
		for _, path := range [][]string{{"spec", "selector", "matchLabels"}, {"spec", "podSelector", "matchLabels"}, {"spec", "selector"}} {
			wanted := labels
			if object.GetKind() == "ServiceMonitor" {
				wanted = only(all, "Service")[0].GetLabels()
			}
			selector, found, err := unstructured.NestedStringMap(object.Object, path...)
			if err != nil || !found {
				continue
			}
			for key, value := range selector {
				if wanted[key] != value {
					t.Errorf("%s selects %v, and the labels are %v", object.GetKind(), selector, wanted)
				}
			}
		}
	}
}

// checkMounts: what the flags read is mounted, and nothing else.
func checkMounts(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	volumes, mounts := map[string]bool{}, map[string]bool{}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = true
	}
	for _, mount := range pod.Containers[0].VolumeMounts {
		mounts[mount.Name] = true
		used := slices.ContainsFunc(pod.Containers[0].Args, func(a string) bool { return strings.Contains(a+"/", "="+mount.MountPath+"/") })
		if !used || !mount.ReadOnly {
			t.Errorf("mount %s: used %t, read-only %t", mount.Name, used, mount.ReadOnly)
		}
	}
	if !maps.Equal(volumes, mounts) {
		t.Errorf("volumes %v, mounts %v", volumes, mounts)
	}
	for _, argument := range pod.Containers[0].Args {
		_, file, found := strings.Cut(argument, "=/var/run/secrets/")
		volume, _, _ := strings.Cut(file, "/")
		if found && !mounts[volume] && !mounts[volume+"-token"] {
			t.Errorf("%s reads what is not mounted", argument)
		}
	}
}
