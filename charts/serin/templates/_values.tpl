{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Whether the API server serves mutating policies. One that was not asked, by helm template without --api-versions, is judged by its version. */}}
{{- define "serin.mutates" -}}
{{- $known := .Capabilities.APIVersions.Has "apps/v1/Deployment" }}
{{- $served := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" }}
{{- if not $known }}
{{- $served = semverCompare ">=1.36.0-0" .Capabilities.KubeVersion.Version }}
{{- end }}
{{- if $served }}yes{{ end }}
{{- end }}

{{- define "serin.guard" -}}
{{- if or (eq .Values.guard.install "always") (and (eq .Values.guard.install "auto") (include "serin.mutates" .)) }}yes{{ end }}
{{- end }}

{{- define "serin.checks" -}}
{{- if .Values.checks.data }}
{{- printf "%s/%s-checks" .Release.Namespace (include "serin.fullname" .) }}
{{- else }}
{{- .Values.checks.configMap }}
{{- end }}
{{- end }}

{{/* What the schema cannot say: values that need each other. */}}
{{- define "serin.validate" -}}
{{- if and .Values.namespaces .Values.namespaceSelector }}
{{- fail "namespaces and namespaceSelector exclude each other: who may read some namespaces only cannot look for others by their labels" }}
{{- end }}
{{- $p := .Values.prometheus }}
{{- $keys := compact (list $p.secret.tokenKey $p.secret.passwordKey $p.secret.caKey) }}
{{- if and (not $p.address) (or $p.username $p.secret.name (include "serin.checks" .)) }}
{{- fail "prometheus.address is missing, and checks and the other values of prometheus need it" }}
{{- end }}
{{- if and $keys (not $p.secret.name) }}
{{- fail "prometheus.secret.name is missing: the Secret with the keys that prometheus.secret names" }}
{{- end }}
{{- if and $p.secret.name (not $keys) }}
{{- fail "prometheus.secret names no key: set tokenKey, passwordKey or caKey" }}
{{- end }}
{{- if ne (empty $p.username) (empty $p.secret.passwordKey) }}
{{- fail "prometheus.username and prometheus.secret.passwordKey need each other" }}
{{- end }}
{{- if and $p.username $p.secret.tokenKey }}
{{- fail "prometheus.username and prometheus.secret.tokenKey exclude each other" }}
{{- end }}
{{- if and (not .Values.tracing.endpoint) (or .Values.tracing.protocol .Values.tracing.headers.secretRef.name) }}
{{- fail "tracing.endpoint is missing, and the other values of tracing need it" }}
{{- end }}
{{- if and .Values.checks.data .Values.checks.configMap }}
{{- fail "checks.data and checks.configMap exclude each other" }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled }}
{{- fail "metrics.serviceMonitor and metrics.podMonitor exclude each other: every sample would be there twice" }}
{{- end }}
{{- if and .Values.metrics.secure.enabled (not .Values.metrics.enabled) }}
{{- fail "metrics.enabled is false: there is nothing to secure" }}
{{- end }}
{{- if and .Values.metrics.secure.enabled .Values.metrics.podMonitor.enabled (not .Values.metrics.secure.authorization) }}
{{- fail "metrics.secure.authorization is missing: a PodMonitor cannot show Prometheus' own token" }}
{{- end }}
{{- if and (not .Values.metrics.enabled) (or .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled .Values.metrics.prometheusRule.enabled) }}
{{- fail "metrics.enabled is false: there is nothing to monitor" }}
{{- end }}
{{- end }}
